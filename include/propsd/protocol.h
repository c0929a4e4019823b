/*
 * The admin protocol, as propsd and propsctl share it; docs/protocol.md is its description for everybody
 *else.
 *
 * One connection to the Unix socket, lines of JSON in both directions. A request is one line
 *	{"v":1,"cmd":"players","args":{"state":"waiting"}}
 * and is answered by any number of lines {"v":1,"progress":{...}} and then exactly one
 *	{"v":1,"ok":true,"data":{...}}   or   {"v":1,"ok":false,"code":"unknown_player","error":"..."}
 * Requests are served one at a time, in their order.
 */
#ifndef PROPSD_PROTOCOL_H
#define PROPSD_PROTOCOL_H

#define PROTOCOL_VERSION 1

#define PROTOCOL_ADMIN_SOCKET "/run/propsd/admin.sock"
#define PROTOCOL_STATUS_SOCKET "/run/propsd/status.sock"

/* Bounds that the daemon keeps against any client. */
#define PROTOCOL_REQUEST_MAX (64 * 1024) /* bytes of a request line without its newline */
#define PROTOCOL_DEPTH_MAX 16 /* nested arrays and objects in a request */
#define PROTOCOL_REPLY_MAX (832 * 1024) /* bytes waiting for a client that does not read: then it is cut */
#define PROTOCOL_CONNECTIONS_MAX 256 /* open at once */
#define PROTOCOL_CONNECTIONS_PER_UID_MAX 224 /* of one user: some are left for the others */
#define PROTOCOL_PAGE_MAX 1000 /* elements of a list in one reply; `next` leads to the others */

/* Exit codes of propsctl. */
enum propsctl_exit {
	PROPSCTL_DONE = 0,
	PROPSCTL_FAILED = 1,
	PROPSCTL_USAGE = 2,
	PROPSCTL_UNREACHABLE = 3,
	PROPSCTL_DENIED = 4,
	PROPSCTL_NOT_FOUND = 5,
	PROPSCTL_TIMEOUT = 6
};

/* Why a request failed. The names on the wire are stable: clients may tell cases apart by them, never by the
 * text. */
enum protocol_code {
	CODE_BAD_REQUEST,
	CODE_UNSUPPORTED_VERSION,
	CODE_UNKNOWN_COMMAND,
	CODE_BAD_ARGUMENT,
	CODE_TOO_LARGE,
	CODE_DENIED,
	CODE_BUSY,
	CODE_TIMEOUT,
	CODE_UNKNOWN_PLAYER,
	CODE_UNKNOWN_TEAM,
	CODE_UNKNOWN_GAME,
	CODE_NOT_FOUND,
	CODE_UNAVAILABLE,
	CODE_REFUSED,
	CODE_FAILED,
	CODE_STOPPING,
	CODE_INTERNAL,
	CODE_COUNT
};

struct protocol_code_text {
	const char *name; /* on the wire */
	enum propsctl_exit exit;
	const char *meaning;
};

__attribute__((unused)) static const struct protocol_code_text PROTOCOL_CODES[CODE_COUNT] = {
	[CODE_BAD_REQUEST] = {"bad_request", PROPSCTL_FAILED, "the line is not a request"},
	[CODE_UNSUPPORTED_VERSION] = {"unsupported_version", PROPSCTL_FAILED, "the daemon does not speak this version"},
	[CODE_UNKNOWN_COMMAND] = {"unknown_command", PROPSCTL_USAGE, "there is no such command"},
	[CODE_BAD_ARGUMENT] = {"bad_argument", PROPSCTL_USAGE, "an argument is missing, unknown or has a wrong value"},
	[CODE_TOO_LARGE] = {"too_large", PROPSCTL_FAILED, "request or reply is longer than the protocol allows"},
	[CODE_DENIED] = {"denied", PROPSCTL_DENIED, "the client has not the role for it"},
	[CODE_BUSY] = {"busy", PROPSCTL_FAILED, "too many connections; try again"},
	[CODE_TIMEOUT] = {"timeout", PROPSCTL_TIMEOUT, "not finished within the time given"},
	[CODE_UNKNOWN_PLAYER] = {"unknown_player", PROPSCTL_NOT_FOUND, "no such player"},
	[CODE_UNKNOWN_TEAM] = {"unknown_team", PROPSCTL_NOT_FOUND, "no such team"},
	[CODE_UNKNOWN_GAME] = {"unknown_game", PROPSCTL_NOT_FOUND, "no such game"},
	[CODE_NOT_FOUND] = {"not_found", PROPSCTL_NOT_FOUND, "what was asked for does not exist"},
	[CODE_UNAVAILABLE] = {"unavailable", PROPSCTL_FAILED, "Redis cannot be reached now; try again"},
	[CODE_REFUSED] = {"refused", PROPSCTL_FAILED, "not possible in the present state"},
	[CODE_FAILED] = {"failed", PROPSCTL_FAILED, "tried and failed"},
	[CODE_STOPPING] = {"stopping", PROPSCTL_UNREACHABLE, "the daemon is shutting down"},
	[CODE_INTERNAL] = {"internal", PROPSCTL_FAILED, "a fault of the daemon's; its log says more"},
};

#endif
