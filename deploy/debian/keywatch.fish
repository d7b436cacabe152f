# fish completion for keywatch; commands and options are those that `keywatch .. --help` lists.
function __keywatch_help
    set -l command keywatch
    set -l tokens (commandline -opc)
    for word in $tokens[2..-1]
        string match -qr '^[a-z][a-z-]*$' -- $word; or continue
        $command --help 2>/dev/null | string match -qr "^  $word( |\$)"; and set -a command $word
    end
    $command --help 2>/dev/null
end

function __keywatch_words
    set -l help (__keywatch_help)
    if string match -q -- '-*' (commandline -ct)
        string match -arg '(?:^|[ ,])(--?[a-z][a-z-]*)' -- $help
        return
    end
    set -l on 0
    for line in $help
        if string match -q 'Subcommands:*' -- $line
            set on 1
        else if test $on = 1
            string replace -rf '^  ([a-z][a-z-]*) +(.*)$' '$1\t$2' -- $line
        end
    end
end

complete -c keywatch -a '(__keywatch_words)'
