# bash completion for keywatch. Commands and options are those that `keywatch .. --help` lists, so that
# they are never out of date.
_keywatch()
{
  local current=${COMP_WORDS[COMP_CWORD]} word help
  local -a command=(keywatch)
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == [a-z]* && $word != */* && $word != *.* ]] || continue
    # A word that is no command here is an argument of the last one.
    "${command[@]}" --help 2>/dev/null | grep -qE "^  $word( |\$)" && command+=("$word")
  done
  help=$("${command[@]}" --help 2>/dev/null)
  if [[ $current == -* ]]; then
    word=$(grep -oE '(^|[ ,])--?[a-z][a-z-]*' <<<"$help" | tr -d ' ,' | sort -u)
    mapfile -t COMPREPLY < <(compgen -W "$word" -- "$current")
    return
  fi
  word=$(awk '/^Subcommands:/ {on = 1; next} on && /^  [a-z]/ {print $1}' <<<"$help")
  if [ -n "$word" ]; then
    mapfile -t COMPREPLY < <(compgen -W "$word" -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}
complete -o filenames -F _keywatch keywatch
