import { Argument, type Command } from "commander";
import { exitCodes, newCommand } from "./command.ts";
import { printRaw } from "./terminal.ts";

const SHELLS = ["bash", "zsh"] as const;
type Shell = (typeof SHELLS)[number];

/** What the arguments of some commands may be; "files" is left to the shell. */
const ARGUMENTS: Readonly<Record<string, readonly string[] | "files">> = {
  diff: ["live", "latest"],
  export: ["live", "latest"],
  restore: ["latest"],
  import: "files",
  patch: "files",
  completion: SHELLS,
};

export function completionCommand(program: Command): Command {
  return newCommand("completion", "Print a script that completes commands and options in a shell.", [
    "The shell reads it once at its start; it asks nobody anything later. On the machine that runs the container, a function of the same name makes it complete there.",
    exitCodes([0, 2], { 2: "wrong use" }),
    {
      title: "Examples",
      commands: [
        "source <(replicator-kuma completion bash)",
        'replicator-kuma() { docker exec -it kuma replicator-kuma "$@"; }',
        "source <(docker exec kuma replicator-kuma completion zsh)",
      ],
    },
  ])
    .addArgument(new Argument("<SHELL>", "bash or zsh").choices(SHELLS))
    .action((shell: Shell) => printRaw(SCRIPTS[shell](program)));
}

interface Completed {
  readonly name: string;
  readonly description: string;
  readonly words: readonly string[];
  readonly takesFiles: boolean;
}

function completedOf(command: Command): Completed {
  const name = command.name();
  const own = ARGUMENTS[name] ?? [];
  const options = command.options
    .flatMap(({ short, long }) => [short, long])
    .filter((each) => each !== undefined);
  return {
    name,
    description: command.description(),
    words: [...(own === "files" ? [] : own), ...options, "--help"],
    takesFiles: own === "files",
  };
}

/** The values of options that have some. */
function valuesOf(program: Command): { option: string; values: readonly string[] }[] {
  return program.commands.flatMap(({ options }) =>
    options.flatMap(({ short, long, argChoices }) =>
      argChoices === undefined
        ? []
        : [{ option: [short, long].filter((each) => each !== undefined).join("|"), values: argChoices }],
    ),
  );
}

const SCRIPTS: Readonly<Record<Shell, (program: Command) => string>> = {
  bash: (program) => {
    const commands = program.commands.map(completedOf);
    const files = commands.filter(({ takesFiles }) => takesFiles).map(({ name }) => name);
    return `# Completion of replicator-kuma for bash: source <(replicator-kuma completion bash)
_replicator_kuma() {
  local word=\${COMP_WORDS[COMP_CWORD]} words
  COMPREPLY=()
  case \${COMP_WORDS[COMP_CWORD - 1]} in
${valuesOf(program)
  .map(
    ({ option, values }) =>
      `    ${option}) COMPREPLY=($(compgen -W '${values.join(" ")}' -- "$word")); return ;;`,
  )
  .join("\n")}
  esac
  if ((COMP_CWORD == 1)); then
    words='${[...commands.map(({ name }) => name), "--help", "--version"].join(" ")}'
  else
    case \${COMP_WORDS[1]} in
${commands.map(({ name, words }) => `      ${name}) words='${words.join(" ")}' ;;`).join("\n")}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  case \${COMP_WORDS[1]} in
    ${files.join("|")}) [[ $word == -* ]] || compopt -o default ;;
  esac
}
complete -F _replicator_kuma replicator-kuma
`;
  },
  zsh: (program) => {
    const commands = program.commands.map(completedOf);
    const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
    return `#compdef replicator-kuma
# Completion of replicator-kuma for zsh: source <(replicator-kuma completion zsh)
_replicator_kuma() {
  local -a commands
  commands=(
${commands.map(({ name, description }) => `    ${quote(`${name}:${description}`)}`).join("\n")}
  )
  case $words[CURRENT-1] in
${valuesOf(program)
  .map(({ option, values }) => `    ${option}) compadd -- ${values.join(" ")}; return ;;`)
  .join("\n")}
  esac
  if ((CURRENT == 2)); then
    _describe command commands
    [[ $PREFIX == -* ]] && compadd -- --help --version
    return
  fi
  case $words[2] in
${commands
  .map(
    ({ name, words, takesFiles }) =>
      `    ${name}) compadd -- ${words.join(" ")}${takesFiles ? "; _files" : ""} ;;`,
  )
  .join("\n")}
  esac
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
compdef _replicator_kuma replicator-kuma
`;
  },
};
