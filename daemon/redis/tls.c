/*
 * OpenSSL's errors are numbers with texts for those who know it. Here those that people meet are told in words that
 * name the option and the file, by one table for what the server says (alerts) and one for what we think of its
 * certificate.
 */
#include "redis/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/str.h"

struct tls {
	SSL_CTX *context;
	bool locked; /* a passphrase was asked for */
	char *ca, *cert; /* as they were given, for messages; NULL: none */
};

static bool given(const char *path)
{
	return path && path[0];
}

static const char *openssl_text(unsigned long code, char *buffer, size_t size)
{
	if (code == 0)
		buffer[0] = '\0';
	else
		ERR_error_string_n(code, buffer, size);
	return buffer;
}

/* --- the files -------------------------------------------------------------------------------------------------- */

/* A key behind a passphrase would have OpenSSL ask at the terminal. */
static int no_passphrase(char *buffer, int size, int writing, void *arg)
{
	(void)buffer, (void)size, (void)writing;
	*(bool *)arg = true;
	return -1;
}

/* Whether the file can be read at all: of that the system tells more than OpenSSL. */
static int readable(const char *option, const char *path, char *why, size_t size)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		const int error = errno;
		text_format(why, size, "redis.%s %s: %s", option, path, strerror(error));
		return -error;
	}
	close(fd);
	return 0;
}

/* What OpenSSL makes of a file that can be read. */
static int unusable(const struct tls *t, const char *option, const char *path, const char *holds, char *why, size_t size)
{
	char detail[200];
	const unsigned long code = ERR_peek_error();

	if (t->locked)
		text_format(why, size,
			"redis.%s %s: the key is behind a passphrase, for which nobody can be asked: write it without one "
			"(openssl pkey)",
			option, path);
	else if (ERR_GET_LIB(code) == ERR_LIB_X509 && ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH)
		text_format(why, size, "redis.%s %s: the key is not the one of redis.cert_file", option, path);
	else
		text_format(why, size, "redis.%s %s: no PEM file with %s: %s", option, path, holds,
			openssl_text(code, detail, sizeof(detail)));
	return -EINVAL;
}

static int use_ca(struct tls *t, const char *path, char *why, size_t size)
{
	if (!given(path)) {
		if (SSL_CTX_set_default_verify_paths(t->context))
			return 0;
		text_format(why, size, "cannot read the system's CA certificates: set redis.ca_file");
		return -ENOENT;
	}
	int r = readable("ca_file", path, why, size);
	if (r == 0 && !SSL_CTX_load_verify_locations(t->context, path, NULL))
		r = unusable(t, "ca_file", path, "certificates", why, size);
	return r;
}

static int use_certificate(struct tls *t, const struct tls_files *files, char *why, size_t size)
{
	const char *option = given(files->key) ? "key_file" : "cert_file";
	const char *key = given(files->key) ? files->key : files->cert;
	int r;

	if (!given(files->cert))
		return 0;
	r = readable("cert_file", files->cert, why, size);
	if (r == 0)
		r = readable(option, key, why, size);
	if (r == 0 && SSL_CTX_use_certificate_chain_file(t->context, files->cert) != 1)
		r = unusable(t, "cert_file", files->cert, "a certificate", why, size);
	/* It is compared with the certificate, too. */
	if (r == 0 && SSL_CTX_use_PrivateKey_file(t->context, key, SSL_FILETYPE_PEM) != 1)
		r = unusable(t, option, key, "a private key", why, size);
	return r;
}

struct tls *tls_new(const struct tls_files *files, char *why, size_t size)
{
	struct tls *t = calloc(1, sizeof(*t));
	bool whole = t;

	if (whole) {
		t->context = SSL_CTX_new(TLS_client_method());
		t->ca = given(files->ca) ? strdup(files->ca) : NULL;
		t->cert = given(files->cert) ? strdup(files->cert) : NULL;
		whole = t->context && (t->ca || !given(files->ca)) && (t->cert || !given(files->cert));
	}
	if (!whole) {
		text_format(why, size, "no memory for TLS");
		goto fail;
	}
	SSL_CTX_set_min_proto_version(t->context, TLS1_2_VERSION);
	SSL_CTX_set_verify(t->context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_default_passwd_cb(t->context, no_passphrase);
	SSL_CTX_set_default_passwd_cb_userdata(t->context, &t->locked);
	ERR_clear_error();
	if (use_ca(t, files->ca, why, size) < 0 || use_certificate(t, files, why, size) < 0)
		goto fail;
	return t;
fail:
	ERR_clear_error();
	tls_free(t);
	return NULL;
}

void tls_free(struct tls *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->context);
	free(t->ca);
	free(t->cert);
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

/* --- errors ----------------------------------------------------------------------------------------------------- */

/* What the server says of our certificate, or of our speech. */
static const struct alert {
	int reason;
	bool of_file; /* it is about redis.cert_file, which is named */
	const char *text;
} alerts[] = {
	{SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, false,
		"Redis wants a client certificate: set redis.cert_file and redis.key_file"},
	{SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, false,
		"Redis ends the handshake: it may want a client certificate (redis.cert_file and redis.key_file)"},
	{SSL_R_TLSV1_ALERT_UNKNOWN_CA, true,
		"Redis does not know who signed it: that must be one of its tls-ca-cert-file"},
	{SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, true, "Redis says that it has expired: put a new one there"},
	{SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, true, "Redis says that it was revoked: put a new one there"},
	{SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, true, "Redis does not accept it"},
	{SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE, true, "Redis does not accept it: it must be one for clients"},
	{SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, true, "Redis does not accept it"},
	{SSL_R_WRONG_VERSION_NUMBER, false, "what listens there speaks no TLS: is redis.url to begin with redis://?"},
	{SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, false, "Redis speaks no TLS of version 1.2 or above (tls-protocols)"},
};

static const char *alert_text(const struct tls *t, unsigned long code, char *buffer, size_t size)
{
	const int reason = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
	for (size_t i = 0; reason && i < sizeof(alerts) / sizeof(alerts[0]); i++) {
		if (alerts[i].reason != reason)
			continue;
		if (alerts[i].of_file && t->cert)
			text_format(buffer, size, "redis.cert_file %s: %s", t->cert, alerts[i].text);
		else
			text_format(buffer, size, "%s",
				alerts[i].of_file
					? "Redis wants a client certificate: set redis.cert_file and redis.key_file"
					: alerts[i].text);
		return buffer;
	}
	return openssl_text(code, buffer, size);
}

static const char *verify_text(const struct tls *t, long verdict, char *buffer, size_t size)
{
	const char *text = X509_verify_cert_error_string(verdict);
	switch (verdict) {
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		text_format(buffer, size, "Redis' certificate: %s; it must be signed by one of redis.ca_file %s", text,
			t->ca ? t->ca : "\"\" (the system's)");
		break;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		text_format(buffer, size, "Redis' certificate: %s: it must name the host of redis.url (subjectAltName)",
			text);
		break;
	default:
		text_format(buffer, size, "Redis' certificate: %s", text);
	}
	return buffer;
}

/* With TLS 1.3 the server judges our certificate when we are done and have begun to write. It closes, and a write that
 * fails may come before the read of what it said. */
static unsigned long last_alert(SSL *ssl)
{
	char byte;
	ERR_clear_error();
	const bool bytes = SSL_peek(ssl, &byte, 1) > 0;
	const unsigned long code = bytes ? 0 : ERR_peek_error();
	ERR_clear_error();
	return ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) >= SSL_AD_REASON_OFFSET ? code : 0;
}

const char *tls_error(const struct tls *t, struct bufferevent *b, char *buffer, size_t size)
{
	SSL *ssl = bufferevent_openssl_get_ssl(b);
	const long verdict = ssl ? SSL_get_verify_result(ssl) : X509_V_OK;

	if (verdict != X509_V_OK)
		return verify_text(t, verdict, buffer, size);
	/* Where the socket failed and not TLS, libevent gives SSL_get_error()'s number, which belongs to no library. */
	unsigned long code = bufferevent_get_openssl_error(b);
	if (!ERR_GET_LIB(code))
		code = ssl ? last_alert(ssl) : 0;
	return alert_text(t, code, buffer, size);
}
