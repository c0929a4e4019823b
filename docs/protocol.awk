# docs/protocol.md as a manual page, in scdoc's form: one source for those who read it on the web and those who read it with man.
# A table becomes a list: the first cell in bold, the others below it behind their heads.

function escaped(text) {
	gsub(/[\\*_~#]/, "\\\\&", text)
	return text
}

# Links lose their address, for the page they name may not be installed; bold text and code are bold.
function plain(text,    parts, n, i, out) {
	while (match(text, /\]\([^)]*\)/))
		text = substr(text, 1, RSTART - 1) substr(text, RSTART + RLENGTH)
	gsub(/\[/, "", text)
	n = split(text, parts, "[*][*]")
	for (i = 1; i <= n; i++)
		out = out (i % 2 ? escaped(parts[i]) : parts[i] == "" ? "" : "*" escaped(parts[i]) "*")
	return out
}

function inline(text,    parts, n, i, out) {
	n = split(text, parts, "`")
	for (i = 1; i <= n; i++)
		out = out (i % 2 ? plain(parts[i]) : "*" escaped(parts[i]) "*")
	return out
}

function row(line,    cells, n, i, said) {
	sub(/^\| */, "", line)
	sub(/ *\|$/, "", line)
	n = split(line, cells, / \| ?/)
	if (!in_table) {
		for (i = 1; i <= n; i++)
			head[i] = cells[i]
		in_table = 1
		return
	}
	for (i = 2; i <= n; i++)
		if (cells[i] != "")
			said = said (said == "" ? "" : ". ") (head[i] ~ /[a-z]/ ? head[i] ": " : "") inline(cells[i])
	gsub(/`/, "", cells[1])
	print "*" escaped(cells[1]) "*"
	print "\t" (said == "" ? "-" : said)
	print ""
}

NR == 1 {
	print "propsd-protocol(7)\n\n# NAME\n\npropsd-protocol - the admin socket of propsd, for programs\n\n# DESCRIPTION"
	next
}
/^```/ { literal = !literal; print; next }
literal { gsub(/\\/, "&&"); print; next }
/^\|[ -]*---/ { next }
/^\|/ { row($0); next }
{ in_table = 0 }
/^## / { print "# " toupper(substr($0, 4)); next }
/^- / { print "- " inline(substr($0, 3)); next }
/^  [^ ]/ { print "  " inline(substr($0, 3)); next }
{ print inline($0) }
END { print "\n# SEE ALSO\n\n*propsctl*(1), *propsd*(8)" }
