#include "base/fold.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void names_fold_to_lookups(void **state)
{
	(void)state;
	static const struct {
		const char *name, *lookup;
	} rows[] = {
		{"LeBron James", "lebronjames"},
		{"Jaren Jackson Jr.", "jarenjacksonjr"},
		{"Jaime Jaquez Jr", "jaimejaquezjr"},
		{"A.J. Green", "ajgreen"},
		{"De'Aaron Fox", "deaaronfox"},
		{"Karl-Anthony Towns", "karlanthonytowns"},
		{"Luka Dončić", "lukadoncic"},
		{"Kristaps Porziņģis", "kristapsporzingis"},
		{"Jonas Valančiūnas", "jonasvalanciunas"},
		{"Dennis Schröder", "dennisschroder"},
		{"Vlatko Čančar", "vlatkocancar"},
		{"Tidjane Salaün", "tidjanesalaun"},
		{"Alperen Şengün", "alperensengun"},
		{"Ömer Faruk Yurtseven", "omerfarukyurtseven"},
		{"Luka Donc\xcc\x8cic\xcc\x81", "lukadoncic"}, /* marks that follow their letter */
		{"Đorđe Łukasz Øster", "dordelukaszoster"},
		{"Ilkan Karaman İI ıi", "ilkankaramaniiii"},
		{"Æsir Œuvre Þór Ðan", "aesiroeuvrethordan"},
		{"Groß GROẞ", "grossgross"},
		{"\xc7\xbf", "o"}, /* ø with an acute decomposes first */
		{"ＬｅＢｒｏｎ", "lebron"},
		{"ﬁnch 3²", "finch32"},
		{"lebronjames", "lebronjames"},
		{"Jeff Dowtin\xc2\xa0Jr\xe2\x80\x99", "jeffdowtinjr"},
		/* A team behind the name tells two men of one name apart: three capital letters, at the end. */
		{"Jalen Williams@CHA", "jalenwilliams@CHA"},
		{"Jalen Williams @CHA ", "jalenwilliams@CHA"},
		{"jalenwilliamsjr@CHA", "jalenwilliamsjr@CHA"},
		{"Luka Dončić@LAL@DAL", "lukadonciclal@DAL"},
		{"Jalen Williams@cha", "jalenwilliamscha"},
		{"Jalen Williams@CH", "jalenwilliamsch"},
		{"Jalen Williams@CHAR", "jalenwilliamschar"},
		{"Jalen@CHA Williams", "jalenchawilliams"},
		{"Jalen Williams@CH4", "jalenwilliamsch4"},
		/* The last name first. */
		{"Doncic, Luka", "lukadoncic"},
		{"Dončić,Luka ", "lukadoncic"},
		{"Jackson Jr., Jaren", "jarenjacksonjr"},
		{"Jackson, Jaren Jr.", "jarenjacksonjr"},
		{"Jackson, Jaren, Jr.", "jarenjacksonjr"},
		{"Jackson, Jr., Jaren", "jarenjacksonjr"},
		{"Jaren Jackson, Jr.", "jarenjacksonjr"},
		{"Holland II, Ronald", "ronaldhollandii"},
		{"Caldwell-Pope, Kentavious", "kentaviouscaldwellpope"},
		{"da Silva, Tristan", "tristandasilva"},
		{"Svi, Lev", "levsvi"}, /* no suffix stands in the middle of a word */
		{"V, Gus", "gusv"},
		{"Nene,", "nene"},
		{", Nene", "nene"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char lookup[LOOKUP_SIZE] = "";
		int n = fold_name(rows[i].name, strlen(rows[i].name), lookup);
		assert_string_equal(lookup, rows[i].lookup);
		assert_int_equal(n, strlen(rows[i].lookup));
		assert_true(fold_is_lookup(lookup, (size_t)n));
		char again[LOOKUP_SIZE];
		assert_int_equal(fold_name(lookup, (size_t)n, again), n);
		assert_string_equal(again, lookup);
	}
}

static void a_name_without_letters_folds_to_nothing(void **state)
{
	(void)state;
	char lookup[LOOKUP_SIZE] = "x";
	assert_int_equal(fold_name("", 0, lookup), 0);
	assert_string_equal(lookup, "");
	assert_int_equal(fold_name(" .-'", 4, lookup), 0);
	assert_int_equal(fold_name("@CHA", 4, lookup), 3); /* a team of nobody is a name like another */
	assert_int_equal(fold_name(" @CHA", 5, lookup), 0);
	assert_int_equal(fold_name("Иван", strlen("Иван"), lookup), 0);
}

static void bytes_that_are_no_text_are_refused(void **state)
{
	(void)state;
	char lookup[LOOKUP_SIZE];
	assert_int_equal(fold_name("Don\xc4", 4, lookup), -EINVAL);
	assert_int_equal(fold_name("\xff", 1, lookup), -EINVAL);
	assert_int_equal(fold_name("\xed\xa0\x80", 3, lookup), -EINVAL);
}

static void a_name_of_63_letters_fits_and_one_more_does_not(void **state)
{
	(void)state;
	char name[65], lookup[LOOKUP_SIZE];
	memset(name, 'a', sizeof(name));
	assert_int_equal(fold_name(name, 63, lookup), 63);
	assert_int_equal(strlen(lookup), 63);
	assert_int_equal(fold_name(name, 64, lookup), -ENAMETOOLONG);
	memcpy(name + 60, "@CHA", 4);
	assert_int_equal(fold_name(name, 64, lookup), -ENAMETOOLONG);
	assert_int_equal(fold_name(name + 1, 63, lookup), 63);
	memset(name, '.', sizeof(name));
	name[64] = 'z';
	assert_int_equal(fold_name(name, 65, lookup), 1);
	/* One letter with the longest decomposition of all, at the edge. */
	assert_int_equal(fold_name("\xef\xb7\xba", 3, lookup), 0);
	memset(name, 'a', 62);
	memcpy(name + 62, "\xc3\xa6", 2);
	assert_int_equal(fold_name(name, 64, lookup), -ENAMETOOLONG);
}

static void only_small_letters_and_digits_are_a_lookup(void **state)
{
	(void)state;
	assert_true(fold_is_lookup("lebronjames23", 13));
	assert_true(fold_is_lookup("jalenwilliams@CHA", 17));
	assert_false(fold_is_lookup("@CHA", 4));
	assert_false(fold_is_lookup("jalenwilliams@CHA@LAL", 21));
	assert_false(fold_is_lookup("jalenwilliams@cha", 17));
	assert_false(fold_is_lookup("jalenwilliams@CHAR", 18));
	assert_false(fold_is_lookup("jalenwilliams@", 14));
	assert_false(fold_is_lookup("", 0));
	assert_false(fold_is_lookup("LeBron", 6));
	assert_false(fold_is_lookup("a b", 3));
	assert_false(fold_is_lookup("don\xc4\x8d", 5));
	char name[64];
	memset(name, 'a', sizeof(name));
	assert_true(fold_is_lookup(name, 63));
	assert_false(fold_is_lookup(name, 64));
}

static void the_bare_name_lacks_the_team(void **state)
{
	(void)state;
	char lookup[LOOKUP_SIZE];
	assert_int_equal(fold_bare("jalenwilliams@CHA"), 13);
	assert_int_equal(fold_bare("jalenwilliams"), 13);
	assert_string_equal(fold_team("jalenwilliams@CHA"), "CHA");
	assert_string_equal(fold_team("jalenwilliams"), "");
	assert_int_equal(fold_bare_name("Jalen Williams@CHA", 18, lookup), 13);
	assert_string_equal(lookup, "jalenwilliams");
}

static void the_stem_lacks_the_generational_suffix(void **state)
{
	(void)state;
	static const struct {
		const char *lookup;
		size_t stem;
	} rows[] = {
		{"jarenjacksonjr", 12},
		{"jarenjacksonjr@MEM", 12},
		{"jalenwilliams@CHA", 13},
		{"jr@CHA", 2},
		{"garypaytonii", 10},
		{"robertwilliamsiii", 14},
		{"trentiv", 5},
		{"johnsr", 4},
		{"dereckv", 6},
		{"lebronjames", 11},
		{"jr", 2},
		{"iii", 1},
		{"v", 1},
		{"", 0},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(fold_stem(rows[i].lookup), rows[i].stem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_fold_to_lookups),
		cmocka_unit_test(a_name_without_letters_folds_to_nothing),
		cmocka_unit_test(bytes_that_are_no_text_are_refused),
		cmocka_unit_test(a_name_of_63_letters_fits_and_one_more_does_not),
		cmocka_unit_test(only_small_letters_and_digits_are_a_lookup),
		cmocka_unit_test(the_bare_name_lacks_the_team),
		cmocka_unit_test(the_stem_lacks_the_generational_suffix),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
