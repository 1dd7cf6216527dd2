package main

// Pioneer's calls.
const (
	pioneerCreate = "POST /create-api-key"
	pioneerList   = "GET /list-api-keys"
	pioneerRevoke = "DELETE /delete-api-key"
)

// pioneer are the assumptions of internal/services/pioneer/doc.go. Its documentation
// has two generations; they hold for both.
var pioneer = []assumption{
	{"A listing answers 200.", answers(stepList, pioneerList, 200)},
	{"A listing has its keys in the array keys.", isArray(stepList, pioneerList, "keys")},
	{"A listing has one page.", lacks(stepList, pioneerList, "next", "next_page", "next_cursor", "cursor", "has_more", "page", "pagination")},
	{"A listed key has key_id or id, name and created_at.", all(has(stepList, pioneerList, "keys.[]", pioneerKey...), has(stepFind, pioneerList, "keys.[]", pioneerKey...))},
	{"A create answers 200 or 201, or refuses an API key with 403.", answers(stepCreate, pioneerCreate, 200, 201, 403)},
	{"The answer to a create has the value in key or secret_key, and name and created_at.",
		has(stepCreate, pioneerCreate, "", "key|secret_key:string", "name:string", "created_at:time", "id?:string", "api_key_last_digits?:string", "expires_at?:time|null")},
	{"A value begins with pio_sk_.", begins("pio_sk_")},
	{"A record shows the value's last digits in api_key_last_digits, or a mask of the value.", hinted},
	{"created_at of a new key is the time of the answer's Date header.", clock(pioneerCreate)},
	{"A new key is in the next listing.", fact(life.isListed)},
	{"A revoke by key_id answers 204, or 200 with success.", all(answers(stepRevoke, pioneerRevoke, 200, 204), succeeds(stepRevoke, pioneerRevoke))},
	{"A revoked key is gone from the listing.", fact(life.isUnlisted)},
	{"A revoked key is refused with 401 at once.", answers(stepRefused, pioneerList, 401)},
	{"A key that does not exist is answered with 404.", answers(stepUnknown, pioneerRevoke, 404)},
	{"An error is an object with detail, with error and message, or with code and message.", errorsAre(
		[]string{"detail:string|array|object"}, []string{"error:string", "message:string"}, []string{"code:string", "message:string"})},
}

var pioneerKey = []string{
	"key_id|id:string|integer", "name:string", "created_at:time", "last_used_at?:time|null", "expires_at?:time|null", "api_key_last_digits?:string|integer",
}

// succeeds expects an answer with a body to hold "success": true.
func succeeds(s step, route string) check {
	return func(o *observed) verdict {
		all := o.of(s, route)
		if len(all) == 0 || all[len(all)-1].format == formatNone {
			return verdict{notSeen, ""}
		}
		return has(s, route, "", "success:true")(o)
	}
}
