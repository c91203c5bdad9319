# fish completion for mokabot. Save as ~/.config/fish/completions/mokabot.fish
function __mokabot_complete
    set -l words (commandline -opc) (commandline -ct)
    $words[1] __complete $words[2..] 2>/dev/null
end
function __mokabot_wants_file
    contains -- (commandline -opc)[-1] --config --chart -o
end
complete -c mokabot -f -a '(__mokabot_complete)'
complete -c mokabot -n __mokabot_wants_file -F
