#include "cli/program.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>

#include "cli/command.h"
#include "cli/help.h"
#include "cli/kube/manifest_input.h"
#include "cli/suggest.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

bool CommandInfo::Answers(std::string_view word) const {
  if (word == name) return true;
  for (size_t start = 0; start < aliases.size();) {
    const size_t end = std::min(aliases.find(' ', start), aliases.size());
    if (aliases.substr(start, end - start) == word) return true;
    start = end + 1;
  }
  return false;
}

namespace {

struct Invocation {
  GlobalOptions options;
  std::vector<const CommandInfo*> path;  // from the root
  std::vector<std::string> rest;         // what the command itself parses
  bool help = false;
  bool version = false;
};

std::string PathText(const std::vector<const CommandInfo*>& path) {
  std::string text;
  for (const CommandInfo* node : path) text += (text.empty() ? "" : " ") + std::string(node->name);
  return text;
}

// The value of a global flag: "--root=X" or "--root X".
Result<std::string> TakeValue(const std::vector<std::string>& arguments, size_t& index) {
  const std::string& word = arguments[index];
  if (const size_t equal = word.find('='); equal != std::string::npos) return word.substr(equal + 1);
  if (index + 1 >= arguments.size())
    return MakeError(ErrorCode::kInvalid, "flag needs an argument: {}", word);
  return arguments[++index];
}

Result<> ReadGlobalFlag(const std::vector<std::string>& arguments, size_t& index, Invocation& invocation) {
  const std::string name = arguments[index].substr(0, arguments[index].find('='));
  std::string ignored;
  if (name == "--help" || name == "-h") {
    invocation.help = true;
  } else if (name == "--version" || name == "-v") {
    invocation.version = true;
  } else if (name == "--runtime") {
    ASSIGN_OR_RETURN(invocation.options.runtime, TakeValue(arguments, index));
  } else if (name == "--root") {
    ASSIGN_OR_RETURN(invocation.options.root, TakeValue(arguments, index));
  } else if (name == "--runroot") {
    ASSIGN_OR_RETURN(invocation.options.runroot, TakeValue(arguments, index));
  } else if (name == "--log-level" || name == "--cgroup-manager" || name == "--storage-driver") {
    ASSIGN_OR_RETURN(ignored, TakeValue(arguments, index));  // there is one of each
  } else {
    return MakeError(
        ErrorCode::kInvalid, "unknown flag: {}{}", name,
        DidYouMean(name, {"--help", "--version", "--runtime", "--root", "--runroot", "--log-level"}));
  }
  return {};
}

// Walks down the tree as long as words name commands; global flags may stand before the first of them.
Result<Invocation> Resolve(const std::vector<std::string>& arguments) {
  Invocation invocation;
  invocation.path.push_back(&Commands());
  size_t index = 0;
  for (; index < arguments.size(); ++index) {
    const std::string& word = arguments[index];
    const CommandInfo& node = *invocation.path.back();
    if (node.children.empty()) break;
    if (word.starts_with("-") && invocation.path.size() == 1) {
      TRY(ReadGlobalFlag(arguments, index, invocation));
      continue;
    }
    // "play kube --down" style: a node with children and a command of its own parses its flags itself.
    if (word.starts_with("-")) {
      if (word == "--help" || word == "-h") invocation.help = true;
      if (invocation.help) continue;
      return MakeError(ErrorCode::kInvalid, "{} needs a command before {}", PathText(invocation.path), word);
    }
    const auto child = std::find_if(node.children.begin(), node.children.end(),
                                    [&](const CommandInfo& info) { return info.Answers(word); });
    if (child == node.children.end()) {
      std::vector<std::string> names;
      for (const CommandInfo& info : node.children) names.emplace_back(info.name);
      return MakeError(ErrorCode::kInvalid,
                       "unrecognized command `{} {}`{}\nTry '{} --help' for more information",
                       PathText(invocation.path), word, DidYouMean(word, names), PathText(invocation.path));
    }
    invocation.path.push_back(&*child);
  }
  invocation.rest.assign(arguments.begin() + static_cast<std::ptrdiff_t>(index), arguments.end());
  return invocation;
}

Result<int> RunCommand(Invocation& invocation) {
  const CommandInfo& node = *invocation.path.back();
  const std::string path = PathText(invocation.path);
  const std::unique_ptr<Command> command = node.make();
  Arguments arguments;
  command->Declare(arguments);
  const Result<bool> parsed = arguments.Parse(std::move(invocation.rest));
  if (!parsed) return MakeError(parsed.error().code(), "{}\nSee '{} --help'", parsed.error().message(), path);
  if (!*parsed) {
    Print(CommandHelp(path, node, arguments.flags()));
    return 0;
  }
  Context context(std::move(invocation.options));
  auto code = command->Run(context);
  if (context.follow_services()) {
    if (auto followed = FollowServices(context, true); !followed) PrintWarning("Services: " + followed.error().message());
  }
  return code;
}

Result<int> Run(const std::vector<std::string>& arguments) {
  ASSIGN_OR_RETURN(Invocation invocation, Resolve(arguments));
  const CommandInfo& node = *invocation.path.back();
  if (invocation.version) {
    PrintLine("skiff version " SKIFF_VERSION);
    return 0;
  }
  if (node.make != nullptr) return RunCommand(invocation);
  const bool asked = invocation.help;
  Print(invocation.path.size() == 1 ? ProgramHelp(node) : GroupHelp(PathText(invocation.path), node));
  if (asked) return 0;
  return MakeError(ErrorCode::kInvalid, "missing command '{} COMMAND'", PathText(invocation.path));
}

}  // namespace

int RunProgram(std::vector<std::string> arguments) {
  ::umask(022);  // volumes and configuration are for the containers' users too, whatever ours is
  const Result<int> code = Run(arguments);
  if (!code) PrintError(code.error());
  const bool written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (!code) return ExitCodeFor(code.error());
  return *code == 0 && !written ? kExitFailure : *code;
}

}  // namespace skiff::cli
