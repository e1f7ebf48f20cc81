"""The completion scripts of the shells, as `dlx completion` prints them."""

from __future__ import annotations

BASH = r"""_dlx() {
    local word breaks=$COMP_WORDBREAKS line=${COMP_LINE:0:COMP_POINT}
    COMPREPLY=()
    while IFS= read -r word; do
        COMPREPLY+=("$word")
    done < <(COMP_WORDBREAKS=$breaks "$1" completion --words bash "$line" 2>/dev/null)
}
complete -o nospace -F _dlx dlx"""
ZSH = r"""_dlx() {
    local -a all whole open other
    all=(${(f)"$("$words[1]" completion --words zsh "${BUFFER[1,CURSOR]}" 2>/dev/null)"})
    whole=(${${(M)all:#* }% })
    open=(${all:#* })
    (( ${#${(M)all:#${(b)PREFIX}*}} )) || other=(-U)  # the name of dlx for what was typed
    (( $#whole )) && compadd $other -Q -- $whole
    (( $#open )) && compadd $other -Q -S '' -- $open
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
compdef _dlx dlx"""
FISH = r"""function __dlx_complete
    set -l command (commandline -opc)[1]
    $command completion --words fish (commandline -cp | string collect) 2>/dev/null
end
complete -c dlx -f -a '(__dlx_complete)'"""
SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
