# fish completion for propsctl, which itself says what may come next: `propsctl __complete`.

function __propsctl_offer
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l offered (command $words[1] __complete -- $words[2..-1] "$typed" 2>/dev/null)
    if test "$offered[1]" = :files
        set -l before (string match -r -- '^--[a-z-]+=' $typed)
        for path in (__fish_complete_path (string replace -r -- '^--[a-z-]+=' '' $typed))
            printf '%s%s\n' "$before" $path
        end
        return
    end
    printf '%s\n' $offered
end

complete -c propsctl -f -a '(__propsctl_offer)'
