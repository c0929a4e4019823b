/*
 * JSON for people, byte for byte as it came but for the blanks between its parts: a number that is read and written again
 * may be another.
 */
#ifndef CTL_JSON_TEXT_H
#define CTL_JSON_TEXT_H

#include <stdio.h>

/*
 * What fits into a line of `width` columns, with what stands before it, is one; all else has a line a member. What is no
 * JSON is printed as it is. Ends with a newline; what could steer a terminal is escaped.
 */
void json_text_put(FILE *file, const char *text, unsigned width);

#endif
