# bash completion for mokabot. In ~/.bashrc: source <(mokabot completion bash)
_mokabot() {
    local IFS=$'\n'
    COMPREPLY=($("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _mokabot mokabot
