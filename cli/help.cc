#include "cli/help.h"

#include <fmt/format.h>

#include <algorithm>

namespace skiff::cli {

namespace {

void AppendCommands(std::string& text, std::span<const CommandInfo> commands, std::string_view group,
                    bool all) {
  size_t width = 0;
  for (const CommandInfo& command : commands) width = std::max(width, command.name.size());
  for (const CommandInfo& command : commands)
    if (!command.summary.empty() && (all || command.group == group))
      text += fmt::format("  {:<{}}  {}\n", command.name, width, command.summary);
}

// "  -a, --all" or "      --all", with the name of the value.
std::string FlagColumn(const Arguments::FlagInfo& flag) {
  std::string short_name;
  std::string long_name;
  for (const std::string& name : flag.names) (name.starts_with("--") ? long_name : short_name) = name;
  std::string text = short_name.empty() ? "      " : "  " + short_name + (long_name.empty() ? "" : ", ");
  text += long_name;
  if (!flag.value_name.empty()) text += " " + flag.value_name;
  return text;
}

}  // namespace

std::string ProgramHelp(const CommandInfo& root) {
  std::string text =
      "Run Kubernetes YAML and containers on this machine, without a cluster and without a daemon.\n\n"
      "Usage:\n  skiff [options] COMMAND [ARG...]\n";
  std::vector<std::string_view> groups;
  for (const CommandInfo& command : root.children)
    if (!command.group.empty() && std::find(groups.begin(), groups.end(), command.group) == groups.end())
      groups.push_back(command.group);
  for (const std::string_view group : groups) {
    text += fmt::format("\n{}:\n", group);
    AppendCommands(text, root.children, group, false);
  }
  text +=
      "\nOptions:\n"
      "      --runtime string    OCI runtime to use: crun, runc or a path\n"
      "      --root string       directory of the image store\n"
      "      --runroot string    directory of the image store's runtime state\n"
      "      --log-level string  accepted for podman's sake\n"
      "  -v, --version           print the version\n"
      "  -h, --help              print this help\n"
      "\n'skiff COMMAND --help' explains a command.\n";
  return text;
}

std::string GroupHelp(const std::string& path, const CommandInfo& node) {
  std::string text = fmt::format("{}\n\nUsage:\n  {} COMMAND\n\nCommands:\n", node.summary, path);
  AppendCommands(text, node.children, "", true);
  return text;
}

std::string CommandHelp(const std::string& path, const CommandInfo& node,
                        const std::vector<Arguments::FlagInfo>& flags) {
  std::string text = fmt::format("{}\n\nUsage:\n  {} {}\n", node.summary, path, node.operands);
  std::vector<const Arguments::FlagInfo*> shown;
  for (const Arguments::FlagInfo& flag : flags)
    if (!flag.hidden) shown.push_back(&flag);
  std::sort(shown.begin(), shown.end(),
            [](const auto* a, const auto* b) { return a->names.back() < b->names.back(); });
  if (shown.empty()) return text;
  size_t width = 0;
  for (const auto* flag : shown) width = std::max(width, FlagColumn(*flag).size());
  text += "\nOptions:\n";
  for (const auto* flag : shown) text += fmt::format("{:<{}}   {}\n", FlagColumn(*flag), width, flag->help);
  return text;
}

}  // namespace skiff::cli
