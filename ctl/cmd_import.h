/* `propsctl import`: league data from CSV files into the league's database. Needs no running propsd. */
#ifndef CTL_CMD_IMPORT_H
#define CTL_CMD_IMPORT_H

/* argv[0] is "import". Returns the exit code: 0 done, 1 a file or a row was not taken in, 2 usage. */
int cmd_import(int argc, char **argv);

#endif
