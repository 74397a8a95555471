# fish completion of sotto, made by `sotto completion fish`.
# Whether this command was written so far.
function __sotto_at
    set -l known 'sotto' 'sotto cup' 'sotto cup fill' 'sotto wash-up'
    set -l path sotto
    set -l words (commandline -opc)
    for word in $words[2..-1]
        if contains -- "$path $word" $known
            set path "$path $word"
        end
    end
    test "$path" = "$argv[1]"
end
complete -c sotto -f
complete -c sotto -n '__sotto_at \'sotto\'' -a cup -d 'Cups, and what\'s in [them]: all of it'
complete -c sotto -n '__sotto_at \'sotto\'' -a wash-up -d 'Washes all'
complete -c sotto -n '__sotto_at \'sotto\'' -s h -l help -d 'Print this help message and exit'
complete -c sotto -n '__sotto_at \'sotto\'' -l version -d 'Display program version information and exit'
complete -c sotto -n '__sotto_at \'sotto cup\'' -a fill -d 'Fills one'
complete -c sotto -n '__sotto_at \'sotto cup\'' -s h -l help -d 'Print this help message and exit'
complete -c sotto -n '__sotto_at \'sotto cup fill\'' -s h -l help -d 'Print this help message and exit'
complete -c sotto -n '__sotto_at \'sotto cup fill\'' -l with -x -a 'tea coffee' -d '`tea` or coffee'
complete -c sotto -n '__sotto_at \'sotto cup fill\'' -l sugar -x -d 'Lumps'
complete -c sotto -n '__sotto_at \'sotto cup fill\'' -l recipe-file -r -F -d 'Where it is written'
complete -c sotto -n '__sotto_at \'sotto cup fill\'' -l shelf-dir -x -a '(__fish_complete_directories)' -d 'Where it goes'
complete -c sotto -n '__sotto_at \'sotto cup fill\'' -s n -l name -x -d 'For whom; again for more'
complete -c sotto -n '__sotto_at \'sotto cup fill\'' -l json -d 'One JSON document'
complete -c sotto -n '__sotto_at \'sotto wash-up\'' -F
complete -c sotto -n '__sotto_at \'sotto wash-up\'' -s h -l help -d 'Print this help message and exit'
