package main

// assumptions are those of each service's doc.go, by the service's name.
var assumptions = map[string][]assumption{"expunct": expunct, "onepin": onepin, "pioneer": pioneer}

const (
	pioneerCreate = "POST /create-api-key"
	pioneerList   = "GET /list-api-keys"
	pioneerRevoke = "DELETE /delete-api-key"
)

// pioneer holds for both generations of its documentation.
var pioneer = []assumption{
	assume("A listing answers 200.", answers(stepList, pioneerList, 200)),
	assume("A listing has its keys in the array keys.", has(stepList, pioneerList, "", "keys:array")),
	assume("A listing has one page.",
		has(stepList, pioneerList, "", "!next", "!next_page", "!next_cursor", "!cursor", "!has_more", "!page", "!pagination")),
	assume("A listed key has key_id or id, name and created_at.",
		has(stepList, pioneerList, "keys.[]", pioneerKey...), has(stepFind, pioneerList, "keys.[]", pioneerKey...)),
	assume("A create answers 200 or 201, or refuses an API key with 403.", answers(stepCreate, pioneerCreate, 200, 201, 403)),
	assume("The answer to a create has the value in key or secret_key, and name and created_at.",
		has(stepCreate, pioneerCreate, "", "key|secret_key:string", "name:string", "created_at:time", "id?:string", "api_key_last_digits?:string", "expires_at?:time|null")),
	assume("A value begins with pio_sk_.", begins("pio_sk_")),
	assume("A record shows the value's last digits in api_key_last_digits, or a mask of the value.", showsValue),
	assume("created_at of a new key is the time of the answer's Date header.", clock(pioneerCreate)),
	assume("A new key is in the next listing.", fact(stepFind)),
	assume("A revoke by key_id answers 204, or 200 with success.",
		answers(stepRevoke, pioneerRevoke, 200, 204), ifBody(stepRevoke, pioneerRevoke, has(stepRevoke, pioneerRevoke, "", "success:true"))),
	assume("A revoked key is gone from the listing.", fact(stepGone)),
	assume("A revoked key is refused with 401 at once.", answers(stepRefused, pioneerList, 401)),
	assume("A key that does not exist is answered with 404.", answers(stepUnknown, pioneerRevoke, 404)),
	assume("An error is an object with detail, with error and message, or with code and message.", errorsAre(
		[]string{"detail:string|array|object"}, []string{"error:string", "message:string"}, []string{"code:string", "message:string"})),
}

var pioneerKey = []string{
	"key_id|id:string|integer", "name:string", "created_at:time", "last_used_at?:time|null", "expires_at?:time|null", "api_key_last_digits?:string|integer",
}

const (
	onepinCreate = "POST /api/v1/api-keys"
	onepinList   = "GET /api/v1/api-keys"
	onepinGet    = "GET /api/v1/api-keys/{key_id}"
	onepinUpdate = "PATCH /api/v1/api-keys/{key_id}"
	onepinRotate = "PATCH /api/v1/api-keys/{key_id}/rotate"
	onepinRevoke = "DELETE /api/v1/api-keys/{key_id}"
	onepinWhoami = "GET /api/v1/auth/whoami"
)

var onepin = []assumption{
	assume("A listing answers 200.", answers(stepList, onepinList, 200)),
	assume("A listing has its keys in the array data.", has(stepList, onepinList, "", "data:array")),
	assume("A listing has pagination with limit, total, next and prev; next and prev are URLs or null.",
		has(stepList, onepinList, "pagination", "limit:integer", "total:integer", "next:url|null", "prev:url|null")),
	assume("An answer has meta with request_id and timestamp.",
		has(stepList, onepinList, "", onepinMeta...), has(stepCreate, onepinCreate, "", onepinMeta...), has(stepRevoke, onepinRevoke, "", onepinMeta...)),
	assume("A key object has all documented fields, and its id is a UUID.",
		has(stepList, onepinList, "data.[]", onepinKey...), has(stepFind, onepinList, "data.[]", onepinKey...)),
	assume("A page has at most the 100 keys that it is asked for.", pagesOf(onepinList, "data", 100)),
	assume("A create answers 200 or 201.", answers(stepCreate, onepinCreate, 200, 201)),
	assume("The answer to a create is the key object with the value in api_key.", has(stepCreate, onepinCreate, "data", onepinNewKey...)),
	assume("A value begins with op_live_ or pk_live_.", begins("op_live_", "pk_live_")),
	assume("key_prefix and key_suffix are the ends of the value, or both its beginning.", showsValue),
	assume("created_at of a new key is the time of the answer's Date header.", clock(onepinCreate)),
	assume("A new key is in the next listing.", fact(stepFind)),
	assume("A read answers 200 with the key object.", answers(stepRead, onepinGet, 200), has(stepRead, onepinGet, "data", onepinKey...)),
	assume("whoami answers 200 with auth_kind, user_id and scopes.",
		answers(stepWhoami, onepinWhoami, 200), has(stepWhoami, onepinWhoami, "data", "auth_kind:string", "user_id:string", "scopes:array")),
	assume("An update answers 200 with the key object, under its new name.",
		answers(stepUpdate, onepinUpdate, 200), has(stepUpdate, onepinUpdate, "data", onepinKey...), fact(stepUpdate)),
	assume("A rotate answers 200 with old_key and new_key, which has the value in api_key.",
		answers(stepRotate, onepinRotate, 200), has(stepRotate, onepinRotate, "data.old_key", onepinKey...), has(stepRotate, onepinRotate, "data.new_key", onepinNewKey...)),
	assume("A rotate gives the new key a new id and revokes the old one.", fact(stepRotate)),
	assume("A revoke answers 200 with the key object, active false and revoked_at set.",
		answers(stepRevoke, onepinRevoke, 200, 204), has(stepRevoke, onepinRevoke, "data", "id:uuid", "active:false", "revoked_at:time")),
	assume("A revoked key is gone from the default listing.", fact(stepGone)),
	assume("A revoked key can still be read, with revoked_at set.",
		answers(stepRevoked, onepinGet, 200), has(stepRevoked, onepinGet, "data", "active:false", "revoked_at:time")),
	assume("A revoked key is refused with 401 at once.", answers(stepRefused, onepinList, 401)),
	assume("A key that does not exist is answered with 404.", answers(stepUnknown, onepinGet, 404)),
	assume("An error is an object with error, of code and message, and meta, of request_id and timestamp.",
		errorsAre(append([]string{"error.code:string", "error.message:string"}, onepinMeta...))),
}

// onepinTime may be null, and the string in the example of the Create Api Key page.
const onepinTime = kindTime + "|" + kindNull + "|" + kindQuoted

var (
	onepinMeta = []string{"meta.request_id:string", "meta.timestamp:time"}
	onepinKey  = []string{
		"id:uuid", "workspace_id:uuid", "created_by?:string|null", "name:string", "key_type:string", "key_prefix:string", "key_suffix:string", "scopes:array",
		"active:true|false", "last_used_at?:" + onepinTime, "rate_limit_per_min?:integer|null", "revoked_at?:" + onepinTime, "created_at:time", "updated_at:time", "preview?:string|null",
	}
	onepinNewKey = append([]string{"api_key:string"}, onepinKey...)
)

const (
	expunctCreate = "POST /api-keys"
	expunctList   = "GET /api-keys"
	expunctRevoke = "DELETE /api-keys/{key_id}"
)

var expunct = []assumption{
	assume("A listing answers 200.", answers(stepList, expunctList, 200)),
	assume("A listing is a bare array.", has(stepList, expunctList, "", ":array")),
	assume("A listed key has id, name, prefix, created_at and last_used_at, which is null until the key is used.",
		has(stepList, expunctList, "[]", expunctKey...), has(stepFind, expunctList, "[]", expunctKey...)),
	assume("A page has at most the 100 keys that it is asked for.", pagesOf(expunctList, "", 100)),
	assume("A create answers 200 or 201.", answers(stepCreate, expunctCreate, 200, 201)),
	assume("The answer to a create is the key with its value in key.", has(stepCreate, expunctCreate, "", append([]string{"key:string"}, expunctKey...)...)),
	assume("A value begins with pk_live_ or pk_test_.", begins("pk_live_", "pk_test_")),
	assume("A record's prefix is the beginning of the value, then dots.", showsValue),
	assume("created_at of a new key is the time of the answer's Date header.", clock(expunctCreate)),
	assume("A new key is in the next listing.", fact(stepFind)),
	assume("A revoke answers 200 or 204.", answers(stepRevoke, expunctRevoke, 200, 204)),
	assume("The answer to a revoke has detail.", has(stepRevoke, expunctRevoke, "", "detail:string")),
	assume("A revoked key is gone from the listing.", fact(stepGone)),
	assume("A revoked key is refused with 401 at once.", answers(stepRefused, expunctList, 401)),
	assume("A key that does not exist is answered with 404.", answers(stepUnknown, expunctRevoke, 404)),
	assume("An error is an object with detail.", errorsAre([]string{"detail:string|array|object"})),
}

var expunctKey = []string{"id:string|integer", "name:string", "prefix:string", "created_at:time", "last_used_at:time|null"}
