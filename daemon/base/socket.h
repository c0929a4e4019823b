/* Addresses of sockets. */
#ifndef BASE_SOCKET_H
#define BASE_SOCKET_H

#include <sys/socket.h>
#include <sys/un.h>

/*
 * Fills the address for a path ("@name": the abstract namespace) and its length, as bind() and connect() want
 * them. -EINVAL: empty. -ENAMETOOLONG: more than the SOCKET_PATH_MAX bytes that the kernel takes.
 */
#define SOCKET_PATH_MAX (sizeof(((struct sockaddr_un *)0)->sun_path) - 1)
int socket_address(const char *path, struct sockaddr_un *ret_address, socklen_t *ret_length);

/* "127.0.0.1:9464" or "[::1]:9464": an address in figures and a port from 1 to 65535. -EINVAL: it is none. */
int socket_inet_address(const char *text, struct sockaddr_storage *ret_address, socklen_t *ret_length);

#endif
