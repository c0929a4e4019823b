# bash completion for propsctl; names of players come from the running daemon.

_propsctl_players()
{
	# shellcheck disable=SC2207 # lookups are letters and digits
	COMPREPLY=($(compgen -W "$(timeout 1 propsctl -q players --names 2>/dev/null)" -- "$1"))
}

_propsctl_processors()
{
	# shellcheck disable=SC2207 # names of sections, without blanks
	COMPREPLY=($(compgen -W "$2 $(timeout 1 propsctl -q processor --json 2>/dev/null | sed -n 's/.*"name": *"\([^"]*\)".*/\1/p')" -- "$1"))
}

_propsctl_words()
{
	# shellcheck disable=SC2207 # words without blanks
	COMPREPLY=($(compgen -W "$2" -- "$1"))
}

_propsctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local general="--socket --json --quiet --no-color --help"
	local i command="" position=0 named=0
	COMPREPLY=()

	# The command is the first word that is no option; position counts the words behind it.
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--team | --game)
			named=1
			((i++))
			;;
		--socket | --state | --level | --date | --limit | --timeout | --player | --type | --book | --priority | --for | --reason | --stream | --older | --processor | --children | --players | \
			--phase | --repeat | --output | \
			--runs-a-day | --hour-value | --implementation | --vcpu | --memory | --per-instance | --vcpu-price | --memory-price | \
			--request-price | --vm-price | --vm-hours | --sample | --seed | --against | --tolerance | --ignore | --days | --results) ((i++)) ;;
		-*) ;;
		*)
			if [[ -z $command ]]; then
				command=${COMP_WORDS[i]}
			else
				((position++))
				case "$command ${COMP_WORDS[i]}" in
				"dead list" | "dead show" | "dead retry" | "dead drop" | "alias list" | "alias add" | "alias remove" | "slate load" | "config show" | "processor pause" | "processor resume" | \
					"processor restart" | "processor test")
					command+=" ${COMP_WORDS[i]}"
					position=0
					;;
				esac
			fi
			;;
		esac
	done

	case $prev in
	--socket | --players | --output | --against | --results)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--state)
		_propsctl_words "$cur" "idle waiting beginning running backing-off"
		return
		;;
	--level | --priority)
		_propsctl_words "$cur" "urgent high normal low"
		return
		;;
	--kind)
		_propsctl_words "$cur" "player team game ambiguous wrong_date"
		return
		;;
	--player)
		_propsctl_players "$cur"
		return
		;;
	--processor)
		_propsctl_processors "$cur"
		return
		;;
	--phase)
		_propsctl_words "$cur" "report precompute"
		return
		;;
	--reason)
		_propsctl_words "$cur" "malformed past failed poison trimmed suspect before_mark too_large ambiguous stranger"
		return
		;;
	--type | --stream)
		_propsctl_words "$cur" "odds injury lineup slate regenerate"
		return
		;;
	--date | --limit | --timeout | --team | --game | --book | --for | --older | --children | --repeat) return ;;
	--runs-a-day | --hour-value | --implementation | --vcpu | --memory | --per-instance | --*-price | --vm-hours) return ;;
	--sample | --seed | --tolerance | --ignore | --days | --min | --since | --report-version) return ;;
	--user)
		mapfile -t COMPREPLY < <(compgen -u -- "$cur")
		return
		;;
	--format)
		_propsctl_words "$cur" "ndjson csv"
		return
		;;
	esac

	if [[ $cur == -* ]]; then
		case $command in
		players) general+=" --state --level --date --limit --all --names" ;;
		player | price | why | fresh) general+=" --date" ;;
		events) general+=" --player --date --type --limit --follow" ;;
		report) general+=" --date --phase --table" ;;
		"dead list") general+=" --reason --stream --player --older --limit" ;;
		"dead retry" | "dead drop") general+=" --reason --stream --player --older --all --limit --dry-run" ;;
		wait) general+=" --timeout" ;;
		regenerate) general+=" --player --team --game --slate --outdated --dry-run --date --force --priority --wait --timeout" ;;
		prioritize) general+=" --for --date --team --game" ;;
		orders) general+=" --limit" ;;
		pause | mute) general+=" --player --team --game --type --book --date --for" ;;
		resume | unmute) general+=" --player --team --game --type --book --date" ;;
		cancel) general+=" --team --game --all --dead" ;;
		"processor test") general+=" --player --date --phase" ;;
		baseline) general+=" --processor --children --slate --players --date --phase --repeat --output" ;;
		import) general+=" --into --timezone --dry-run --columns" ;;
		validate)
			general+=" --sample --seed --date --phase --processor --against --tolerance --ignore --summary --days --results"
			;;
		strangers) general+=" --kind --limit" ;;
		history) general+=" --report-version --limit" ;;
		failures) general+=" --days --min --limit --phase" ;;
		compare) general+=" --days --phase" ;;
		audit) general+=" --since --user --limit" ;;
		export) general+=" --format --since --phase-numbers" ;;
		analyze)
			general+=" --runs-a-day --hour-value --implementation --vcpu --memory --per-instance --vcpu-price --memory-price"
			general+=" --request-price --vm-price --vm-hours"
			;;
		esac
		_propsctl_words "$cur" "$general"
		return
	fi

	local commands="status fresh doctor players player why events report price slate dead alias orders processor schedule strangers history failures compare audit metrics wait regenerate prioritize
		pause resume mute unmute
		cancel publish baseline workers reload config log-level drain import export backup analyze validate version help"
	case $command in
	"") _propsctl_words "$cur" "$commands" ;;
	help) ((position == 0)) && _propsctl_words "$cur" "$commands" ;;
	dead) _propsctl_words "$cur" "list show retry drop" ;;
	alias) _propsctl_words "$cur" "list add remove" ;;
	"alias add") ((position == 1)) && _propsctl_players "$cur" ;;
	slate) _propsctl_words "$cur" "load" ;;
	config) _propsctl_words "$cur" "show" ;;
	"dead drop") ((position == 0)) && _propsctl_words "$cur" "all" ;;
	wait) ((position == 0)) && _propsctl_words "$cur" "ready idle" ;;
	publish) ((position == 0)) && _propsctl_words "$cur" "odds injury lineup slate regenerate" ;;
	log-level) ((position == 0)) && _propsctl_words "$cur" "err warn notice info debug" ;;
	export) ((position == 0)) && _propsctl_words "$cur" "executions failures runs" ;;
	player | why | report | cancel | history) ((position == 0)) && _propsctl_players "$cur" ;;
	processor) ((position == 0)) && _propsctl_processors "$cur" "pause resume restart test" ;;
	"processor pause" | "processor resume" | "processor restart" | "processor test") ((position == 0)) && _propsctl_processors "$cur" ;;
	price)
		case $position in
		0) _propsctl_players "$cur" ;;
		1) _propsctl_words "$cur" "points rebounds assists threes steals blocks turnovers pra pr pa ra" ;;
		esac
		;;
	prioritize)
		# With --team or --game the first word is the level.
		if ((position + named == 0)); then
			_propsctl_players "$cur"
		elif ((position + named == 1)); then
			_propsctl_words "$cur" "urgent high normal low none"
		fi
		;;
	"slate load" | import | analyze | backup) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
	esac
} && complete -F _propsctl propsctl
