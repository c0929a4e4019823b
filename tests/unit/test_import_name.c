#include "league/import_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

#define BIT(note) (1u << (note))

static void marked_up_names_are_mended_and_told(void **state)
{
	static const struct {
		const char *text, *name;
		unsigned notes;
	} rows[] = {
		{"LeBron James", "LeBron James", 0},
		{"Luka Dončić", "Luka Dončić", 0},
		{"Shai Gilgeous-Alexander", "Shai Gilgeous-Alexander", 0},
		{"Jaren Jackson Jr.", "Jaren Jackson Jr.", 0},
		{"De'Aaron Fox", "De'Aaron Fox", 0},
		{"Nenê", "Nenê", 0},
		{"Player 17", "Player 17", 0},
		{"Carlton \"Bub\" Carrington", "Carlton \"Bub\" Carrington", 0},
		/* An id, as tables of the web have it. */
		{"Luka Dončić\\doncilu01", "Luka Dončić", BIT(NAME_ID)},
		{"Jimmy Butler\\butleji01", "Jimmy Butler", BIT(NAME_ID)},
		/* HTML, once, twice and by name. */
		{"De&#39;Aaron Fox", "De'Aaron Fox", BIT(NAME_ENTITIES)},
		{"De&#x27;Aaron Fox", "De'Aaron Fox", BIT(NAME_ENTITIES)},
		{"De&apos;Aaron Fox", "De'Aaron Fox", BIT(NAME_ENTITIES)},
		{"De&amp;#39;Aaron Fox", "De'Aaron Fox", BIT(NAME_ENTITIES)},
		{"De&rsquo;Aaron Fox", "De'Aaron Fox", BIT(NAME_ENTITIES) | BIT(NAME_SIGNS)},
		{"Luka Don&ccaron;i&cacute;", "Luka Dončić", BIT(NAME_ENTITIES)},
		{"Luka Don&#269;i&#263;", "Luka Dončić", BIT(NAME_ENTITIES)},
		{"Dennis Schr&ouml;der", "Dennis Schröder", BIT(NAME_ENTITIES)},
		{"Karl-Anthony&nbsp;Towns", "Karl-Anthony Towns", BIT(NAME_ENTITIES) | BIT(NAME_BLANKS)},
		/* UTF-8 taken for Latin-1 or Windows-1252, once and twice. */
		{"Luka Don\xc3\x84\xc2\x8di\xc3\x84\xc2\x87", "Luka Dončić", BIT(NAME_ENCODED)},
		{"Dennis Schr\xc3\x83\xc2\xb6"
		 "der",
			"Dennis Schröder", BIT(NAME_ENCODED)},
		{"Nikola Joki\xc3\x84\xe2\x80\xa1", "Nikola Jokić", BIT(NAME_ENCODED)},
		{"Dennis Schr\xc3\x83\xc6\x92\xc3\x82\xc2\xb6"
		 "der",
			"Dennis Schröder", BIT(NAME_ENCODED)},
		{"De\xc3\xa2\xe2\x82\xac\xe2\x84\xa2"
		 "Aaron Fox",
			"De'Aaron Fox", BIT(NAME_ENCODED) | BIT(NAME_SIGNS)},
		/* Marks behind it. */
		{"Kevin Garnett*", "Kevin Garnett", BIT(NAME_MARK)},
		{"Kevin Garnett *", "Kevin Garnett", BIT(NAME_MARK)},
		{"Ron Holland (TW)", "Ron Holland", BIT(NAME_MARK)},
		{"Ron Holland (R) *", "Ron Holland", BIT(NAME_MARK)},
		/* The last name first. */
		{"James, LeBron", "LeBron James", BIT(NAME_ORDER)},
		{"Jackson Jr., Jaren", "Jaren Jackson Jr.", BIT(NAME_ORDER)},
		{"Porter, Michael Jr.", "Michael Porter Jr.", BIT(NAME_ORDER)},
		{"Jaren Jackson, Jr.", "Jaren Jackson Jr.", BIT(NAME_ORDER)},
		{"Gilgeous-Alexander,Shai", "Shai Gilgeous-Alexander", BIT(NAME_ORDER)},
		/* Signs and blanks. */
		{"De’Aaron Fox", "De'Aaron Fox", BIT(NAME_SIGNS)},
		{"De`Aaron Fox", "De'Aaron Fox", BIT(NAME_SIGNS)},
		{"Shai Gilgeous–Alexander", "Shai Gilgeous-Alexander", BIT(NAME_SIGNS)},
		{"LeBron  James", "LeBron James", BIT(NAME_BLANKS)},
		{"LeBron\xc2\xa0James", "LeBron James", BIT(NAME_BLANKS)},
		{" LeBron James ", "LeBron James", BIT(NAME_BLANKS)},
		{"LeBron\tJames", "LeBron James", BIT(NAME_BLANKS)},
		{"LeBron Ja\xe2\x80\x8bmes", "LeBron James", BIT(NAME_BLANKS)},
		{"\xef\xbb\xbfLeBron James", "LeBron James", BIT(NAME_BLANKS)},
		/* All at once. */
		{"Don&ccaron;i&cacute;, Luka*\\doncilu01", "Luka Dončić",
			BIT(NAME_ENTITIES) | BIT(NAME_ID) | BIT(NAME_MARK) | BIT(NAME_ORDER)},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char name[104];
		unsigned notes;
		const char *wrong = name_mend(rows[i].text, name, sizeof(name), &notes);
		if (wrong || strcmp(name, rows[i].name) != 0 || notes != rows[i].notes)
			fail_msg("\"%s\" became \"%s\", notes %x, %s", rows[i].text, name, notes,
				wrong ? wrong : "right");
		/* What is mended is at rest. */
		assert_null(name_mend(rows[i].name, name, sizeof(name), &notes));
		assert_int_equal(notes, 0);
		assert_string_equal(name, rows[i].name);
	}
}

static void names_with_what_is_none_in_them_are_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"<a href=\"/x\">LeBron James</a>", "a name has no < or >; is it HTML?"},
		{"LeBron James\\", "a name has no \\"},
		{"LeBron James\\LAL 6", "a name has no \\"},
		{"Luka Don&foo;i", "an HTML entity that is not known"},
		{"Luka Don?i?", "a letter was lost"},
		{"Luka Don\xef\xbf\xbdi", "a letter was lost"},
		{"Dort@OKC", "a name has no @"},
		{"Lu Dort / Luguentz Dort", "one spelling is right"},
		{"Marcus Williams (b. 1985)", "a name has no brackets"},
		{"James, LeBron, LAL", "a name has no comma"},
		{"#23 LeBron James", "a name has none of"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char name[104];
		unsigned notes;
		const char *wrong = name_mend(rows[i].text, name, sizeof(name), &notes);
		if (!wrong || !strstr(wrong, rows[i].says))
			fail_msg("\"%s\" became \"%s\": %s", rows[i].text, name, wrong ? wrong : "right");
	}
}

static void any_bytes_of_utf8_are_mended_within_bounds(void **state)
{
	char text[700], name[104];
	unsigned notes;
	uint32_t seed = 7;
	(void)state;
	static const char *const pieces[] = {"&amp;", "&#", "&#x", ";", "\\", "*", "(", ")", ",", " ", "Jr.", "a",
		"\xc3\xa9", "\xc3\x83", "\xe2\x80\x99", "\xf0\x9f\x8f\x80", "\xc2\x80", "39", "<", "ii"};
	for (int round = 0; round < 20000; round++) {
		size_t length = 0, pieces_wanted = (size_t)round % 60;
		text[0] = '\0';
		for (size_t i = 0; i < pieces_wanted; i++) {
			seed = seed * 1664525 + 1013904223;
			length += text_format(text + length, sizeof(text) - length, "%s",
				pieces[(seed >> 16) % (sizeof(pieces) / sizeof(pieces[0]))]);
		}
		memset(name, 'x', sizeof(name));
		name_mend(text, name, sizeof(name), &notes);
		assert_non_null(memchr(name, '\0', sizeof(name)));
	}
	memset(text, 'a', sizeof(text) - 1); /* longer than there is room to mend: for the rule to refuse */
	text[sizeof(text) - 1] = '\0';
	name_mend(text, name, sizeof(name), &notes);
	assert_int_equal(strlen(name), sizeof(name) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marked_up_names_are_mended_and_told),
		cmocka_unit_test(names_with_what_is_none_in_them_are_refused),
		cmocka_unit_test(any_bytes_of_utf8_are_mended_within_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
