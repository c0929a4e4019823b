# scdoc's output, tidied until `mandoc -T lint` has nothing to say: the title in capitals, no paragraph that is empty, the
# space between two entries of a list after the first and not inside it, no text beyond 80 columns.

function put(line,    cut) {
	while (!literal && line !~ /^[.'\\]/ && length(line) > 80) {
		for (cut = 80; cut > 0 && substr(line, cut, 1) != " "; cut--)
			;
		if (cut == 0 || substr(line, cut + 1) ~ /^[.']/)
			break
		print substr(line, 1, cut - 1)
		line = substr(line, cut + 1)
	}
	print line
}

/^\.TH / { $0 = toupper($0) }
/^\.P$/ { paragraph = 1; next }
/^\.RE$/ { print; next } # a paragraph before it comes after it
/^\.(SH|SS|TH) / { print; paragraph = 0; fresh = 1; next }
{
	if (paragraph && !fresh)
		print ".P"
	paragraph = fresh = 0
	if ($0 == ".nf")
		literal = 1
	else if ($0 == ".fi")
		literal = 0
	put($0)
}
