package main

// Expunct's calls.
const (
	expunctCreate = "POST /api-keys"
	expunctList   = "GET /api-keys"
	expunctRevoke = "DELETE /api-keys/{key_id}"
)

// expunct are the assumptions of internal/services/expunct/doc.go.
var expunct = []assumption{
	{"A listing answers 200.", answers(stepList, expunctList, 200)},
	{"A listing is a bare array.", isArray(stepList, expunctList, "")},
	{"A listed key has id, name, prefix, created_at and last_used_at, which is null until the key is used.", all(
		has(stepList, expunctList, "[]", expunctKey...), has(stepFind, expunctList, "[]", expunctKey...))},
	{"A page has at most the 100 keys that it is asked for.", pagesOf(expunctList, "", 100)},
	{"A create answers 200 or 201.", answers(stepCreate, expunctCreate, 200, 201)},
	{"The answer to a create is the key with its value in key.", has(stepCreate, expunctCreate, "", append([]string{"key:string"}, expunctKey...)...)},
	{"A value begins with pk_live_ or pk_test_.", begins("pk_live_", "pk_test_")},
	{"A record's prefix is the beginning of the value, then dots.", hinted},
	{"created_at of a new key is the time of the answer's Date header.", clock(expunctCreate)},
	{"A new key is in the next listing.", fact(life.isListed)},
	{"A revoke answers 200 or 204.", answers(stepRevoke, expunctRevoke, 200, 204)},
	{"The answer to a revoke has detail.", has(stepRevoke, expunctRevoke, "", "detail:string")},
	{"A revoked key is gone from the listing.", fact(life.isUnlisted)},
	{"A revoked key is refused with 401 at once.", answers(stepRefused, expunctList, 401)},
	{"A key that does not exist is answered with 404.", answers(stepUnknown, expunctRevoke, 404)},
	{"An error is an object with detail.", errorsAre([]string{"detail:string|array|object"})},
}

var expunctKey = []string{"id:string|integer", "name:string", "prefix:string", "created_at:time", "last_used_at:time|null"}
