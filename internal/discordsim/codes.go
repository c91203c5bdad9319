package discordsim

import (
	"maps"
	"net/http"
	"slices"
)

// codes are the JSON error codes that Discord's documentation lists and that a
// message of a bot can meet, with the status they come with.
// https://docs.discord.com/developers/topics/opcodes-and-status-codes#json-json-error-codes
var codes = map[int]struct {
	status  int
	message string
}{
	10001:  {http.StatusNotFound, "Unknown account"},
	10002:  {http.StatusNotFound, "Unknown application"},
	10003:  {http.StatusNotFound, "Unknown Channel"},
	10004:  {http.StatusNotFound, "Unknown Guild"},
	10007:  {http.StatusNotFound, "Unknown member"},
	10008:  {http.StatusNotFound, "Unknown Message"},
	10011:  {http.StatusNotFound, "Unknown role"},
	10013:  {http.StatusNotFound, "Unknown user"},
	10014:  {http.StatusNotFound, "Unknown emoji"},
	20001:  {http.StatusForbidden, "Bots cannot use this endpoint"},
	20009:  {http.StatusForbidden, "Explicit content cannot be sent to the desired recipient(s)"},
	20012:  {http.StatusForbidden, "You are not authorized to perform this action on this application"},
	20016:  {http.StatusTooManyRequests, "This action cannot be performed due to slowmode rate limit"},
	20018:  {http.StatusForbidden, "Only the owner of this account can perform this action"},
	20022:  {http.StatusTooManyRequests, "This message cannot be edited due to announcement rate limits"},
	20024:  {http.StatusForbidden, "Under minimum age"},
	20028:  {http.StatusTooManyRequests, "The write action you are performing on the channel has hit the write rate limit"},
	20029:  {http.StatusTooManyRequests, "The write action you are performing on the server has hit the write rate limit"},
	30015:  {http.StatusBadRequest, "Maximum number of attachments in a message reached (10)"},
	30046:  {http.StatusTooManyRequests, "Maximum number of edits to messages older than 1 hour reached. Try again later"},
	40001:  {http.StatusForbidden, "Unauthorized. Provide a valid token and try again"},
	40002:  {http.StatusForbidden, "You need to verify your account in order to perform this action"},
	40003:  {http.StatusTooManyRequests, "You are opening direct messages too fast"},
	40004:  {http.StatusForbidden, "Send messages has been temporarily disabled"},
	40005:  {http.StatusRequestEntityTooLarge, "Request entity too large. Try sending something smaller in size"},
	40006:  {http.StatusBadRequest, "This feature has been temporarily disabled server-side"},
	40007:  {http.StatusForbidden, "The user is banned from this guild"},
	40012:  {http.StatusForbidden, "Connection has been revoked"},
	40058:  {http.StatusBadRequest, "Cannot send a message in a forum channel"},
	40062:  {http.StatusTooManyRequests, "Service resource is being rate limited"},
	40067:  {http.StatusBadRequest, "A tag is required to create a forum post in this channel"},
	40333:  {http.StatusForbidden, "internal network error"},
	50001:  {http.StatusForbidden, "Missing Access"},
	50002:  {http.StatusForbidden, "Invalid account type"},
	50003:  {http.StatusForbidden, "Cannot execute action on a DM channel"},
	50006:  {http.StatusBadRequest, "Cannot send an empty message"},
	50007:  {http.StatusForbidden, "Cannot send messages to this user"},
	50008:  {http.StatusBadRequest, "Cannot send messages in a non-text channel"},
	50009:  {http.StatusForbidden, "Channel verification level is too high for you to gain access"},
	50010:  {http.StatusBadRequest, "OAuth2 application does not have a bot"},
	50013:  {http.StatusForbidden, "You lack permissions to perform that action"},
	50014:  {http.StatusForbidden, "Invalid authentication token provided"},
	50024:  {http.StatusBadRequest, "Cannot execute action on this channel type"},
	50026:  {http.StatusForbidden, "Missing required OAuth2 scope"},
	50028:  {http.StatusBadRequest, "Invalid role"},
	50033:  {http.StatusBadRequest, "Invalid Recipient(s)"},
	50035:  {http.StatusBadRequest, "Invalid Form Body"},
	50045:  {http.StatusRequestEntityTooLarge, "File uploaded exceeds the maximum size"},
	50046:  {http.StatusBadRequest, "Invalid file uploaded"},
	50055:  {http.StatusBadRequest, "Invalid Guild"},
	50068:  {http.StatusBadRequest, "Invalid message type"},
	50083:  {http.StatusBadRequest, "Tried to perform an operation on an archived thread, such as editing a message or adding a user to the thread"},
	50095:  {http.StatusForbidden, "This server is not available in your location"},
	50109:  {http.StatusBadRequest, "The request body contains invalid JSON."},
	50110:  {http.StatusBadRequest, "The provided file is invalid."},
	50123:  {http.StatusBadRequest, "The provided file type is invalid."},
	50138:  {http.StatusBadRequest, "Failed to resize asset below the maximum size: 262144"},
	50146:  {http.StatusBadRequest, "Uploaded file not found."},
	50151:  {http.StatusBadRequest, "The specified emoji is invalid"},
	50178:  {http.StatusForbidden, "The user account must first be verified"},
	50278:  {http.StatusForbidden, "Cannot send messages to this user due to having no mutual guilds"},
	60003:  {http.StatusForbidden, "Two factor is required for this operation"},
	110000: {http.StatusForbidden, "Index not yet available. Try again later"},
	110001: {http.StatusForbidden, "Application not yet available. Try again later"},
	130000: {http.StatusServiceUnavailable, "API resource is currently overloaded. Try again a little later"},
	160005: {http.StatusForbidden, "Thread is locked"},
	160006: {http.StatusBadRequest, "Maximum number of active threads reached"},
	160007: {http.StatusBadRequest, "Maximum number of active announcement threads reached"},
	200000: {http.StatusBadRequest, "Message was blocked by automatic moderation"},
	200001: {http.StatusBadRequest, "Title was blocked by automatic moderation"},
	240000: {http.StatusBadRequest, "Message blocked by harmful links filter"},
	400001: {http.StatusForbidden, "Access to file uploads has been limited for this guild"},
}

// Codes lists the error codes that [FaultCode] knows.
func Codes() []int { return slices.Collect(maps.Keys(codes)) }

// refuse writes the answer of a FaultCode.
func (f Fault) refuse(w http.ResponseWriter) {
	c, known := codes[f.Code]
	if !known {
		c.status, c.message = http.StatusBadRequest, "Unknown"
	}
	body := map[string]any{"message": c.message, "code": f.Code}
	if c.status == http.StatusTooManyRequests {
		body["retry_after"] = 1.0
		w.Header().Set("Retry-After", "1")
	}
	writeJSON(w, c.status, body)
}
