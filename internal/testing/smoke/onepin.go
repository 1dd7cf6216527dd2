package main

// OnePin's calls.
const (
	onepinCreate = "POST /api/v1/api-keys"
	onepinList   = "GET /api/v1/api-keys"
	onepinGet    = "GET /api/v1/api-keys/{key_id}"
	onepinUpdate = "PATCH /api/v1/api-keys/{key_id}"
	onepinRotate = "PATCH /api/v1/api-keys/{key_id}/rotate"
	onepinRevoke = "DELETE /api/v1/api-keys/{key_id}"
	onepinWhoami = "GET /api/v1/auth/whoami"
)

// onepin are the assumptions of internal/services/onepin/doc.go.
var onepin = []assumption{
	{"A listing answers 200.", answers(stepList, onepinList, 200)},
	{"A listing has its keys in the array data.", isArray(stepList, onepinList, "data")},
	{"A listing has pagination with limit, total, next and prev; next and prev are URLs or null.",
		has(stepList, onepinList, "pagination", "limit:integer", "total:integer", "next:url|null", "prev:url|null")},
	{"An answer has meta with request_id and timestamp.", all(
		has(stepList, onepinList, "meta", onepinMeta...), has(stepCreate, onepinCreate, "meta", onepinMeta...), has(stepRevoke, onepinRevoke, "meta", onepinMeta...))},
	{"A key object has all documented fields, and its id is a UUID.", all(
		has(stepList, onepinList, "data.[]", onepinKey...), has(stepFind, onepinList, "data.[]", onepinKey...))},
	{"A page has at most the 100 keys that it is asked for.", pagesOf(onepinList, "data", 100)},
	{"A create answers 200 or 201.", answers(stepCreate, onepinCreate, 200, 201)},
	{"The answer to a create is the key object with the value in api_key.",
		has(stepCreate, onepinCreate, "data", append([]string{"api_key:string"}, onepinKey...)...)},
	{"A value begins with op_live_ or pk_live_.", begins("op_live_", "pk_live_")},
	{"key_prefix and key_suffix are the ends of the value, or both its beginning.", hinted},
	{"created_at of a new key is the time of the answer's Date header.", clock(onepinCreate)},
	{"A new key is in the next listing.", fact(life.isListed)},
	{"A read answers 200 with the key object.", all(answers(stepRead, onepinGet, 200), has(stepRead, onepinGet, "data", onepinKey...))},
	{"whoami answers 200 with auth_kind, user_id and scopes.", all(
		answers(stepWhoami, onepinWhoami, 200), has(stepWhoami, onepinWhoami, "data", "auth_kind:string", "user_id:string", "scopes:array"))},
	{"An update answers 200 with the key object, under its new name.", all(
		answers(stepUpdate, onepinUpdate, 200), has(stepUpdate, onepinUpdate, "data", onepinKey...), fact(life.isRenamed))},
	{"A rotate answers 200 with old_key and new_key, which has the value in api_key.", all(
		answers(stepRotate, onepinRotate, 200), has(stepRotate, onepinRotate, "data.old_key", onepinKey...),
		has(stepRotate, onepinRotate, "data.new_key", append([]string{"api_key:string"}, onepinKey...)...))},
	{"A rotate gives the new key a new id and revokes the old one.", fact(life.isReplaced)},
	{"A revoke answers 200 with the key object, active false and revoked_at set.", all(
		answers(stepRevoke, onepinRevoke, 200, 204), has(stepRevoke, onepinRevoke, "data", "id:uuid", "active:false", "revoked_at:time"))},
	{"A revoked key is gone from the default listing.", fact(life.isUnlisted)},
	{"A revoked key can still be read, with revoked_at set.", all(answers(stepRevoked, onepinGet, 200), has(stepRevoked, onepinGet, "data", "active:false", "revoked_at:time"))},
	{"A revoked key is refused with 401 at once.", answers(stepRefused, onepinList, 401)},
	{"A key that does not exist is answered with 404.", answers(stepUnknown, onepinGet, 404)},
	{"An error is an object with error, of code and message, and meta, of request_id and timestamp.", all(
		errorsAre([]string{"error:object", "meta:object"}), errorsHave("error", "code:string", "message:string"), errorsHave("meta", onepinMeta...))},
}

var (
	onepinMeta = []string{"request_id:string", "timestamp:time"}
	onepinKey  = []string{
		"id:uuid", "workspace_id:uuid", "created_by?:string|null", "name:string", "key_type:string", "key_prefix:string", "key_suffix:string", "scopes:array",
		"active:true|false", "last_used_at?:" + onepinTime, "rate_limit_per_min?:integer|null", "revoked_at?:" + onepinTime, "created_at:time", "updated_at:time", "preview?:string|null",
	}
)

// onepinTime is a time that may be null: the Create Api Key page shows the string.
const onepinTime = kindTime + "|" + kindNull + "|" + kindQuoted

// errorsHave expects fields in an object of every refusal.
func errorsHave(path string, fields ...string) check {
	return func(o *observed) verdict {
		for _, e := range o.refusals() {
			if e.body == nil {
				continue
			}
			for _, object := range e.body.at(path) {
				if wrong := o.compare(object, fields); len(wrong) > 0 {
					return verdict{differs, path + " has " + wrong[0]}
				}
			}
		}
		return verdict{notSeen, ""} // errorsAre says whether there were any
	}
}
