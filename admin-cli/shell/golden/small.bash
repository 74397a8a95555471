# bash completion of sotto, made by `sotto completion bash`.
_sotto_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current")
}
_sotto_files() {
  # compopt works only while the shell completes.
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "$1" -- "$current")
}
_sotto() {
  local current=${COMP_WORDS[COMP_CWORD]} previous='' command=sotto index
  ((COMP_CWORD > 0)) && previous=${COMP_WORDS[COMP_CWORD - 1]}
  # bash takes --option=value for three words.
  if [[ $current == = ]]; then
    current=''
  elif [[ $previous == = ]] && ((COMP_CWORD > 1)); then
    previous=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((index = 1; index < COMP_CWORD; ++index)); do
    case "$command ${COMP_WORDS[index]}" in
      'sotto cup' | 'sotto cup fill' | 'sotto wash-up')
        command+=" ${COMP_WORDS[index]}" ;;
    esac
  done
  COMPREPLY=()
  case "$command $previous" in
    'sotto cup fill --sugar' | 'sotto cup fill -n' | 'sotto cup fill --name')
      :
      return ;;
    'sotto cup fill --shelf-dir')
      _sotto_files -d
      return ;;
    'sotto cup fill --recipe-file')
      _sotto_files -f
      return ;;
    'sotto cup fill --with')
      _sotto_words 'tea coffee'
      return ;;
  esac
  case $command in
    'sotto')
      if [[ $current == -* ]]; then
        _sotto_words '-h --help --version'
      else
        _sotto_words 'cup wash-up'
      fi ;;
    'sotto cup')
      if [[ $current == -* ]]; then
        _sotto_words '-h --help'
      else
        _sotto_words 'fill'
      fi ;;
    'sotto cup fill')
      if [[ $current == -* ]]; then
        _sotto_words '-h --help --with --sugar --recipe-file --shelf-dir -n --name --json'
      else
        :
      fi ;;
    'sotto wash-up')
      if [[ $current == -* ]]; then
        _sotto_words '-h --help'
      else
        _sotto_files -f
      fi ;;
  esac
}
complete -F _sotto sotto
