#include "base/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int socket_address(const char *path, struct sockaddr_un *ret_address, socklen_t *ret_length)
{
	size_t length = strlen(path);
	bool abstract = path[0] == '@';
	if (length == 0 || (abstract && length == 1))
		return -EINVAL;
	if (length > SOCKET_PATH_MAX)
		return -ENAMETOOLONG;
	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(ret_address->sun_path, path, length);
	if (abstract)
		ret_address->sun_path[0] = '\0';
	/* A path counts its NUL; an abstract name is counted exactly, bytes behind it would be part of it. */
	*ret_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (abstract ? 0 : 1));
	return 0;
}

static int ipv4_address(const char *host, uint16_t port, struct sockaddr_storage *ret_address, socklen_t *ret_length)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	if (inet_pton(AF_INET, host, &address.sin_addr) != 1)
		return -EINVAL;
	memcpy(ret_address, &address, sizeof(address));
	*ret_length = sizeof(address);
	return 0;
}

/* By the library's own reader, as an address of one link has its interface behind it: fe80::1%eth0. */
static int ipv6_address(const char *host, const char *port, struct sockaddr_storage *ret_address, socklen_t *ret_length)
{
	const struct addrinfo hints = {
		.ai_family = AF_INET6, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found;
	if (getaddrinfo(host, port, &hints, &found) != 0)
		return -EINVAL;
	memcpy(ret_address, found->ai_addr, found->ai_addrlen);
	*ret_length = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

int socket_inet_address(const char *text, struct sockaddr_storage *ret_address, socklen_t *ret_length)
{
	const char *colon = strrchr(text, ':');
	const bool six = text[0] == '[';
	char host[64]; /* an IPv6 address with an interface */

	if (!colon || (six && (colon < text + 3 || colon[-1] != ']')))
		return -EINVAL;
	const size_t length = (size_t)(colon - text) - (six ? 2 : 0), digits = strspn(colon + 1, "0123456789");
	if (length >= sizeof(host) || digits == 0 || digits > 5 || colon[1 + digits] != '\0')
		return -EINVAL;
	const long port = strtol(colon + 1, NULL, 10);
	if (port < 1 || port > 65535)
		return -EINVAL;
	memcpy(host, text + six, length);
	host[length] = '\0';
	return six ? ipv6_address(host, colon + 1, ret_address, ret_length)
		   : ipv4_address(host, (uint16_t)port, ret_address, ret_length);
}
