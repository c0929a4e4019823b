#include "redis/tls.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/str.h"

struct tls {
	SSL_CTX *context;
};

static const char *openssl_text(unsigned long code, char *buffer, size_t size)
{
	if (code == 0)
		buffer[0] = '\0';
	else
		ERR_error_string_n(code, buffer, size);
	return buffer;
}

struct tls *tls_new(const char *ca_file, char *why, size_t size)
{
	struct tls *t = calloc(1, sizeof(*t));
	char detail[200];

	if (t)
		t->context = SSL_CTX_new(TLS_client_method());
	if (!t || !t->context) {
		text_format(why, size, "no memory for TLS");
		tls_free(t);
		return NULL;
	}
	SSL_CTX_set_min_proto_version(t->context, TLS1_2_VERSION);
	SSL_CTX_set_verify(t->context, SSL_VERIFY_PEER, NULL);
	int ok = ca_file && *ca_file ? SSL_CTX_load_verify_locations(t->context, ca_file, NULL)
				     : SSL_CTX_set_default_verify_paths(t->context);
	if (!ok) {
		text_format(why, size, "cannot read CA certificates from %s: %s",
			ca_file && *ca_file ? ca_file : "the system",
			openssl_text(ERR_get_error(), detail, sizeof(detail)));
		tls_free(t);
		return NULL;
	}
	return t;
}

void tls_free(struct tls *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->context);
	free(t);
}

struct bufferevent *tls_bufferevent(struct tls *t, struct event_base *base, int fd, const char *host)
{
	SSL *ssl = SSL_new(t->context);
	unsigned char address[16];

	if (!ssl)
		return NULL;
	if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
		X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host);
	else {
		SSL_set_tlsext_host_name(ssl, host);
		SSL_set1_host(ssl, host);
	}
	struct bufferevent *b =
		bufferevent_openssl_socket_new(base, fd, ssl, BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE);
	if (!b) {
		SSL_free(ssl);
		return NULL;
	}
	/* A bare close counts as a disconnect, as on plain TCP; OpenSSL 3 would call it an unexpected EOF. */
	bufferevent_openssl_set_allow_dirty_shutdown(b, 1);
	return b;
}

const char *tls_error(struct bufferevent *b, char *buffer, size_t size)
{
	SSL *ssl = bufferevent_openssl_get_ssl(b);
	long verify = ssl ? SSL_get_verify_result(ssl) : X509_V_OK;

	if (verify != X509_V_OK) {
		text_format(buffer, size, "%s", X509_verify_cert_error_string(verify));
		return buffer;
	}
	/* Where the socket failed and not TLS, libevent gives SSL_get_error()'s number, which belongs to no library. */
	unsigned long code = bufferevent_get_openssl_error(b);
	return openssl_text(ERR_GET_LIB(code) ? code : 0, buffer, size);
}
