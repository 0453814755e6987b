#include "pod/launch/environment.h"

#include <fmt/format.h>

#include "common/variable_expansion.h"

namespace skiff::pod {
namespace {

constexpr char kDefaultPath[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

using Variables = std::map<std::string, std::string>;

common::VariableLookup LookupIn(const Variables& variables) {
  return [&variables](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(std::string(name));
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

std::string ValueOf(const EnvVar& variable, const Variables& earlier, const LateValues& late) {
  const auto first = [](const std::vector<std::string>& list) { return list.empty() ? std::string() : list.front(); };
  switch (variable.source) {
    case EnvVar::Source::kLiteral:
      return variable.expand ? common::ExpandVariables(variable.value, LookupIn(earlier)) : variable.value;
    case EnvVar::Source::kPodIp:
      return first(late.pod_ips);
    case EnvVar::Source::kPodIps:
      return fmt::format("{}", fmt::join(late.pod_ips, ","));
    case EnvVar::Source::kHostIp:
      return first(late.host_ips);
    case EnvVar::Source::kHostIps:
      return fmt::format("{}", fmt::join(late.host_ips, ","));
  }
  return "";
}

// Keeps the order of first appearance.
class Assembly {
 public:
  void Set(const std::string& name, const std::string& value) {
    if (!values_.contains(name)) order_.push_back(name);
    values_[name] = value;
  }
  void SetDefault(const std::string& name, const std::string& value) {
    if (!values_.contains(name)) Set(name, value);
  }
  std::vector<std::string> Render() const {
    std::vector<std::string> lines;
    for (const std::string& name : order_) lines.push_back(name + "=" + values_.at(name));
    return lines;
  }

 private:
  std::vector<std::string> order_;
  Variables values_;
};

}  // namespace

Environment BuildEnvironment(const ContainerSpec& spec, const image::ImageConfig& image, const LateValues& late) {
  Assembly assembly;
  for (const std::string& line : image.env) {
    const size_t equals = line.find('=');
    assembly.Set(line.substr(0, equals), equals == std::string::npos ? "" : line.substr(equals + 1));
  }
  Environment result;
  for (const auto& [name, value] : late.services) {
    result.expandable[name] = value;
    assembly.Set(name, value);
  }
  for (const EnvVar& variable : spec.env) {
    const std::string value = ValueOf(variable, result.expandable, late);
    result.expandable[variable.name] = value;
    assembly.Set(variable.name, value);
  }
  assembly.SetDefault("PATH", kDefaultPath);
  assembly.SetDefault("HOSTNAME", late.hostname);
  assembly.SetDefault("HOME", late.home);
  if (spec.tty) assembly.SetDefault("TERM", "xterm");
  result.variables = assembly.Render();
  return result;
}

std::vector<std::string> BuildCommand(const ContainerSpec& spec, const image::ImageConfig& image) {
  const bool own_command = spec.command && !spec.command->empty();
  std::vector<std::string> command = own_command ? *spec.command : image.entrypoint;
  std::vector<std::string> arguments;
  if (spec.args && !spec.args->empty()) arguments = *spec.args;
  else if (!own_command) arguments = image.cmd;
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

std::vector<std::string> ExpandCommand(std::vector<std::string> command, const Environment& environment) {
  for (std::string& word : command) word = common::ExpandVariables(word, LookupIn(environment.expandable));
  return command;
}

}  // namespace skiff::pod
