/* propsd: arguments, then the app. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "base/exit_code.h"
#include "config/config.h"
#include "process/child.h"
#include "propsd/version.h"
#include "redis/url.h"

static const char usage[] = "Usage: propsd [--config FILE] [--check-config]\n"
			    "\n"
			    "Regenerates player-prop reports as events come in through Redis Streams.\n"
			    "\n"
			    "  -c, --config FILE   read this configuration (default: built-in defaults)\n"
			    "      --check-config  check the configuration and exit: 0 good, 78 not\n"
			    "  -V, --version       print the version\n"
			    "  -h, --help          print this\n"
			    "\n"
			    "propsctl(1) talks to a running propsd. Exit codes: 77 no permission, 78 the\n"
			    "configuration, the league database, another instance or Redis' data stands in\n"
			    "the way.\n";

static int check_config(const char *path)
{
	struct config *config = NULL;
	struct err err = {0};
	struct redis_url url;
	int r = config_load(path, &config, &err);
	if (r == 0 && redis_url_parse(config->redis.url, &url, &err) < 0)
		r = err_prefix(&err, "redis.url");
	if (r < 0) {
		config_free(config);
		fprintf(stderr, "propsd: %s\n", err.text);
		return EXIT_BAD_CONFIG;
	}
	config_free(config);
	printf("%s: good\n", path ? path : "defaults");
	return 0;
}

int main(int argc, char **argv)
{
	enum { CHECK = 256 };
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"check-config", no_argument, NULL, CHECK},
		{"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	const char *config = NULL;
	bool check = false;
	int option;

	if (argc > 0 && strcmp(argv[0], CHILD_NAME) == 0) /* started by ourselves, to become a processor's program */
		return child_main(argc, argv);
	while ((option = getopt_long(argc, argv, "c:Vh", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			config = optarg;
			break;
		case CHECK:
			check = true;
			break;
		case 'V':
			printf("propsd %s\n", PROPSD_VERSION);
			return 0;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs("Try 'propsd --help'.\n", stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "propsd: '%s' is not understood: there are only options\nTry 'propsd --help'.\n",
			argv[optind]);
		return 2;
	}
	if (check)
		return check_config(config);

	struct app *app = NULL;
	struct err err = {0};
	if (app_new(config, &app, &err) < 0)
		return exit_code(err.code);
	int code = app_run(app);
	app_free(app);
	return code;
}
