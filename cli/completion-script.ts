export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A command and its options, as the shell offers them. */
export interface Words {
  readonly command: string;
  readonly description: string;
  readonly options: readonly { readonly name: string; readonly description: string }[];
}

/** A script that completes commands, then a command's options and files. */
export function renderCompletion(shell: Shell, words: readonly Words[]): string {
  if (shell === 'bash') return bash(words);
  return shell === 'zsh' ? zsh(words) : fish(words);
}

function bash(words: readonly Words[]): string {
  const cases = words.map(({ command, options }) => `    ${command}) words="${options.map(({ name }) => name).join(' ')}" ;;`);
  return `# Add to ~/.bashrc:  source <(fib completion bash)
_fib() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${words.map(({ command }) => command).join(' ')}" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current") $(compgen -f -- "$current"))
}
complete -o filenames -F _fib fib
`;
}

function zsh(words: readonly Words[]): string {
  const quote = (text: string) => text.replaceAll("'", '’').replaceAll(':', '\\:').replaceAll('[', '(').replaceAll(']', ')');
  const commands = words.map(({ command, description }) => `    '${command}:${quote(description)}'`);
  const cases = words.map(
    ({ command, options }) =>
      `    ${command}) _arguments '*:file:_files' ${options.map(({ name, description }) => `'${name}[${quote(description)}]'`).join(' ')} ;;`,
  );
  return `#compdef fib
# Add to ~/.zshrc:  source <(fib completion zsh)
_fib() {
  local -a commands=(
${commands.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  case "$words[2]" in
${cases.join('\n')}
  esac
}
compdef _fib fib
`;
}

function fish(words: readonly Words[]): string {
  const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = words.flatMap(({ command, description, options }) => [
    `complete -c fib -n __fish_use_subcommand -f -a ${command} -d ${quote(description)}`,
    ...options.map(
      ({ name, description: text }) => `complete -c fib -n '__fish_seen_subcommand_from ${command}' -l ${name.replace(/^--/, '')} -d ${quote(text)}`,
    ),
  ]);
  return `# Save as ~/.config/fish/completions/fib.fish\n${lines.join('\n')}\n`;
}
