# bash completion for propsctl, which itself says what may come next: `propsctl __complete`.

_propsctl()
{
	local words=() word line glue="" i
	COMPREPLY=()

	# bash takes "--state=idle" and "tip=20:00" apart at each "=" and ":"; they are one word again here.
	for ((i = 1; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ ${#words[@]} -gt 0 && ($word == [=:]* || $glue == *[=:]) ]]; then
			words[-1]+=$word
		else
			words+=("$word")
		fi
		glue=$word
		[[ $glue == -- ]] && glue=""
	done
	local typed=${words[-1]-} before=""
	[[ ${COMP_WORDS[COMP_CWORD]} == [=:]* ]] && before=$typed || before=${typed%"${COMP_WORDS[COMP_CWORD]}"}

	# Quotes as they were typed.
	for i in "${!words[@]}"; do
		word=${words[i]//\\/}
		word=${word//\"/}
		words[i]=${word//\'/}
	done

	while IFS= read -r line; do
		if [[ $line == :files ]]; then
			compopt -o filenames 2>/dev/null
			mapfile -t COMPREPLY < <(compgen -f -- "${typed#"$before"}")
			return
		fi
		line=${line%%$'\t'*}
		[[ $line == *= ]] && compopt -o nospace 2>/dev/null
		COMPREPLY+=("${line#"$before"}")
	done < <("${COMP_WORDS[0]}" __complete -- "${words[@]}" 2>/dev/null)
} && complete -F _propsctl propsctl
