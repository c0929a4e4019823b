#compdef propsctl
# zsh completion for propsctl, which itself says what may come next: `propsctl __complete`.

_propsctl()
{
	local line word what
	local -a typed offered open
	typed=("${(@Q)words[2,CURRENT]}")
	for line in "${(@f)$("${(Q)words[1]}" __complete -- "${typed[@]}" 2>/dev/null)}"; do
		[[ -n $line ]] || continue
		if [[ $line == :files ]]; then
			[[ $PREFIX == --*=* ]] && compset -P '--*='
			_files
			return
		fi
		word=${line%%$'\t'*}
		what=""
		[[ $line == *$'\t'* ]] && what=${line#*$'\t'}
		if [[ $word == *= ]]; then
			open+=("$word")
		else
			offered+=("${word//:/\\:}${what:+:$what}")
		fi
	done
	(( $#open )) && compadd -S '' -- "${open[@]}"
	(( $#offered )) && _describe -V propsctl offered
}

_propsctl "$@"
