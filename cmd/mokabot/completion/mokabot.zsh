#compdef mokabot
# zsh completion for mokabot. In ~/.zshrc, after compinit: source <(mokabot completion zsh)
_mokabot() {
    local -a candidates
    candidates=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ -n "${candidates[1]}" ]]; then
        compadd -a candidates
    else
        _files
    fi
}
compdef _mokabot mokabot
