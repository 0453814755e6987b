// completion bash|zsh|fish: scripts made from the command tree.
#include <algorithm>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/notation/text.h"
#include "common/file.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

struct Entry {
  std::string path;  // "image load", empty: the program itself
  std::vector<const CommandInfo*> children;
  std::vector<Arguments::FlagInfo> flags;
};

void Collect(const CommandInfo& node, const std::string& path, std::vector<Entry>& entries) {
  Entry entry{path, {}, {}};
  if (node.make != nullptr) {
    const std::unique_ptr<Command> command = node.make();
    Arguments arguments;
    command->Declare(arguments);
    for (const Arguments::FlagInfo& flag : arguments.flags())
      if (!flag.hidden) entry.flags.push_back(flag);
  }
  for (const CommandInfo& child : node.children)
    if (!child.summary.empty()) entry.children.push_back(&child);
  const std::vector<const CommandInfo*> children = entry.children;
  entries.push_back(std::move(entry));
  for (const CommandInfo* child : children)
    Collect(*child, path.empty() ? std::string(child->name) : path + " " + std::string(child->name), entries);
}

std::vector<Entry> CollectAll() {
  std::vector<Entry> entries;
  Collect(Commands(), "", entries);
  return entries;
}

// Words that complete by asking the program: what stands behind which command.
std::string_view NameSource(std::string_view path) {
  constexpr std::string_view kContainerVerbs[] = {"start", "stop",   "kill", "restart", "rm",     "wait",
                                                  "exec",  "attach", "logs", "port",    "inspect"};
  if (path.starts_with("pod ") && path != "pod create" && path != "pod ps") return "pods";
  if (path == "run" || path == "create" || path == "rmi" || path == "tag") return "images";
  if (path.starts_with("image ") && path != "image load" && path != "image import" && path != "image ls")
    return "images";
  if (path.starts_with("volume ") && path != "volume create" && path != "volume ls") return "volumes";
  if (path == "kube generate" || path == "generate kube") return "pods";
  if (path == "kube logs" || path == "kube exec") return "kubepods";
  if (path == "kube get" || path == "kube describe" || path == "kube delete" || path == "kube wait") return "objects";
  if (path == "kube scale" || path == "kube rollout status") return "deployments";
  if (path == "healthcheck run") return "containers";
  const std::string_view verb = path.starts_with("container ") ? path.substr(10) : path;
  return std::find(std::begin(kContainerVerbs), std::end(kContainerVerbs), verb) != std::end(kContainerVerbs)
             ? "containers"
             : "";
}

constexpr std::string_view kNameFunctions = R"sh(
_skiff_names() {
  case $1 in
    containers) skiff ps -a --format '{{.Names}}' ;;
    pods) skiff pod ps --format '{{.Name}}' ;;
    images) skiff images --format '{{.Repository}}:{{.Tag}}' ;;
    volumes) skiff volume ls -q ;;
    kubepods) skiff kube get pods --no-headers -o custom-columns=NAME:.metadata.name ;;
    objects) echo pods deployments services configmaps secrets persistentvolumeclaims events all; skiff kube get all,cm,pvc -o name ;;
    deployments) skiff kube get deployments -o name ;;
  esac 2>/dev/null
}
)sh";

std::string WordsOf(const Entry& entry) {
  std::vector<std::string> words;
  for (const CommandInfo* child : entry.children) words.emplace_back(child->name);
  return Join(words, " ");
}

std::string FlagsOf(const Entry& entry) {
  std::vector<std::string> words;
  for (const Arguments::FlagInfo& flag : entry.flags)
    words.insert(words.end(), flag.names.begin(), flag.names.end());
  words.emplace_back("--help");
  return Join(words, " ");
}

std::string BashScript(const std::vector<Entry>& entries) {
  std::string text = "# bash completion for skiff\n";
  text += kNameFunctions;
  text += R"sh(
_skiff_lookup() {  # sets words, flags and names for the command in $1
  words= flags= names=
  case $1 in
)sh";
  for (const Entry& entry : entries)
    text += fmt::format("    \"{}\") words=\"{}\" flags=\"{}\" names=\"{}\" ;;\n", entry.path, WordsOf(entry),
                        FlagsOf(entry), NameSource(entry.path));
  text += R"sh(    *) return 1 ;;
  esac
}

_skiff() {
  local cur=${COMP_WORDS[COMP_CWORD]} path= next words flags names i
  _skiff_lookup ""
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ ${COMP_WORDS[i]} == -* ]] && continue
    [[ " $words " == *" ${COMP_WORDS[i]} "* ]] || continue
    next=${path:+$path }${COMP_WORDS[i]}
    _skiff_lookup "$next" && path=$next
  done
  _skiff_lookup "$path"
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$cur"))
  elif [[ -n $words ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  elif [[ -n $names ]]; then
    COMPREPLY=($(compgen -W "$(_skiff_names "$names")" -- "$cur"))
  else
    COMPREPLY=($(compgen -f -- "$cur"))
  fi
}
complete -o filenames -F _skiff skiff
)sh";
  return text;
}

// In single quotes, for zsh and fish.
std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  return quoted + "'";
}

std::string ZshScript(const std::vector<Entry>& entries) {
  std::string text = "#compdef skiff\n";
  text += kNameFunctions;
  text += R"sh(
_skiff() {
  local -a commands flags
  local path= word next names=
  _skiff_lookup ''
  for word in ${words[2,CURRENT-1]}; do
    [[ $word == -* ]] && continue
    (( ${commands[(I)$word:*]} )) || continue
    path=${path:+$path }$word
    _skiff_lookup "$path"
  done
  if [[ $PREFIX == -* ]]; then
    _describe -o option flags
  elif (( ${#commands} )); then
    _describe command commands
  elif [[ -n $names ]]; then
    local -a found
    found=(${(f)"$(_skiff_names $names)"})
    compadd -a found
  else
    _files
  fi
}

_skiff_lookup() {
  commands=() flags=() names=
  case $1 in
)sh";
  for (const Entry& entry : entries) {
    text +=
        fmt::format("    {}) names={}\n      commands=(", Quoted(entry.path), Quoted(NameSource(entry.path)));
    for (const CommandInfo* child : entry.children)
      text += Quoted(fmt::format("{}:{}", child->name, child->summary)) + " ";
    text += ")\n      flags=(";
    for (const Arguments::FlagInfo& flag : entry.flags)
      for (const std::string& name : flag.names) text += Quoted(name + ":" + flag.help) + " ";
    text += "'--help:Explain the command') ;;\n";
  }
  text += "  esac\n}\n\ncompdef _skiff skiff\n";
  return text;
}

std::string FishScript(const std::vector<Entry>& entries) {
  std::string text = "# fish completion for skiff\n";
  text += R"sh(
function __skiff_at
    set -l words (commandline -opc | string match -v -- '-*')
    set -e words[1]
    test (count $words) -ge (count $argv); or return 1
    for i in (seq (count $argv))
        test $words[$i] = $argv[$i]; or return 1
    end
    return 0
end
function __skiff_next
    set -l words (commandline -opc | string match -v -- '-*')
    test (count $words) -eq (math (count $argv) + 1); and __skiff_at $argv
end
function __skiff_names
    switch $argv[1]
        case containers
            skiff ps -a --format '{{.Names}}' 2>/dev/null
        case pods
            skiff pod ps --format '{{.Name}}' 2>/dev/null
        case images
            skiff images --format '{{.Repository}}:{{.Tag}}' 2>/dev/null
        case volumes
            skiff volume ls -q 2>/dev/null
        case kubepods
            skiff kube get pods --no-headers -o custom-columns=NAME:.metadata.name 2>/dev/null
        case objects
            string split ' ' 'pods deployments services configmaps secrets persistentvolumeclaims events all'
            skiff kube get all,cm,pvc -o name 2>/dev/null
        case deployments
            skiff kube get deployments -o name 2>/dev/null
    end
end
)sh";
  for (const Entry& entry : entries) {
    const std::string at = entry.path.empty() ? "" : " " + entry.path;
    for (const CommandInfo* child : entry.children)
      text += fmt::format("complete -c skiff -f -n '__skiff_next{}' -a {} -d {}\n", at, child->name,
                          Quoted(child->summary));
    const std::string_view names = NameSource(entry.path);
    if (!names.empty())
      text += fmt::format("complete -c skiff -f -n '__skiff_at{}' -a '(__skiff_names {})'\n", at, names);
    for (const Arguments::FlagInfo& flag : entry.flags) {
      text += fmt::format("complete -c skiff -n '__skiff_at{}'", at);
      for (const std::string& name : flag.names)
        text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      text += fmt::format("{} -d {}\n", flag.value_name.empty() ? "" : " -r", Quoted(flag.help));
    }
  }
  return text;
}

class CompletionCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Value("-f,--file", file_, "file", "Write to a file instead of standard output");
    a.Operands(shells_, 1, 1);
  }

  Result<int> Run(Context&) override {
    const std::string& shell = shells_.front();
    std::string text;
    if (shell == "bash")
      text = BashScript(CollectAll());
    else if (shell == "zsh")
      text = ZshScript(CollectAll());
    else if (shell == "fish")
      text = FishScript(CollectAll());
    else
      return MakeError(ErrorCode::kInvalid, "completion for \"{}\" is not known: write bash, zsh or fish",
                       shell);
    if (file_.empty())
      Print(text);
    else
      TRY(common::WriteFile(file_, text));
    return 0;
  }

 private:
  std::string file_;
  std::vector<std::string> shells_;
};

}  // namespace

std::unique_ptr<Command> MakeCompletion() { return std::make_unique<CompletionCommand>(); }

}  // namespace skiff::cli
