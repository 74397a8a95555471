#compdef sotto
# zsh completion of sotto, made by `sotto completion zsh`.
_sotto() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C \
    '(-h --help)-h[Print this help message and exit]' \
    '(-h --help)--help[Print this help message and exit]' \
    '(--version)--version[Display program version information and exit]' \
    '1:command:->command' \
    '*::argument:->argument' && return
  case $state in
    command)
      local -a commands=(
        'cup:Cups, and what'\''s in \[them\]\: all of it'
        'wash-up:Washes all'
      )
      _describe -t commands command commands ;;
    argument)
      case $words[1] in
        cup) _sotto_cup ;;
        wash-up) _sotto_wash_up ;;
      esac ;;
  esac
}
_sotto_cup() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C \
    '(-h --help)-h[Print this help message and exit]' \
    '(-h --help)--help[Print this help message and exit]' \
    '1:command:->command' \
    '*::argument:->argument' && return
  case $state in
    command)
      local -a commands=(
        'fill:Fills one'
      )
      _describe -t commands command commands ;;
    argument)
      case $words[1] in
        fill) _sotto_cup_fill ;;
      esac ;;
  esac
}
_sotto_cup_fill() {
  _arguments \
    '(-h --help)-h[Print this help message and exit]' \
    '(-h --help)--help[Print this help message and exit]' \
    '(--with)--with=["tea" or coffee]:VALUE:(tea coffee)' \
    '(--sugar)--sugar=[Lumps]:NUMBER: ' \
    '(--recipe-file)--recipe-file=[Where it is written]:FILE:_files' \
    '(--shelf-dir)--shelf-dir=[Where it goes]:DIR:_files -/' \
    '*-n[For whom; again for more]:TEXT: ' \
    '*--name=[For whom; again for more]:TEXT: ' \
    '(--json)--json[One JSON document]'
}
_sotto_wash_up() {
  _arguments \
    '(-h --help)-h[Print this help message and exit]' \
    '(-h --help)--help[Print this help message and exit]' \
    ':FILE:_files'
}
if [[ ${funcstack[1]} == _sotto ]]; then
  _sotto "$@"
else
  compdef _sotto sotto
fi
