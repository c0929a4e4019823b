/* Runs every file of the folders that it is given through a fuzz target, in any build and with any compiler.
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

static int replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -errno;
	}
	/* A block of just this size, so that AddressSanitizer sees a read beyond its end. */
	static char buffer[1 << 20];
	size_t size = fread(buffer, 1, sizeof(buffer), file);
	fclose(file);
	uint8_t *data = malloc(size + (size == 0));
	if (data == NULL)
		return -ENOMEM;
	memcpy(data, buffer, size);
	fprintf(stderr, "%s\n", path); /* the last one named is the one that failed */
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

static int replay_folder(const char *folder)
{
	struct dirent **names;
	int count = scandir(folder, &names, NULL, alphasort), files = 0, r = 0;
	if (count < 0) {
		fprintf(stderr, "%s: %s\n", folder, strerror(errno));
		return -errno;
	}
	for (int i = 0; i < count; i++) {
		char path[4096];
		if (names[i]->d_name[0] != '.' && r == 0) {
			snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
			r = replay_file(path);
			files++;
		}
		free(names[i]);
	}
	free(names);
	if (r == 0 && files == 0)
		fprintf(stderr, "%s: no files\n", folder);
	return r < 0 ? r : files;
}

int main(int argc, char **argv)
{
	int files = 0;
	for (int i = 1; i < argc; i++) {
		int r = replay_folder(argv[i]);
		if (r <= 0)
			return EXIT_FAILURE;
		files += r;
	}
	printf("%d inputs\n", files);
	return files > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
