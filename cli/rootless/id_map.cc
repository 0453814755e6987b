#include "cli/rootless/id_map.h"

#include <pwd.h>
#include <unistd.h>

#include <charconv>

#include "common/file.h"
#include "common/process.h"

namespace skiff::cli {

using common::Result;

namespace {

bool ParseNumber(std::string_view text, uint32_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

std::vector<IdRange> RangesOf(const char* file) {
  const auto text = common::ReadFile(file);
  if (!text) return {};
  const passwd* entry = ::getpwuid(::getuid());
  return ParseSubordinateIds(*text, entry != nullptr ? entry->pw_name : "", ::getuid());
}

// newuidmap(1) may write what the user may not.
Result<> RunMapper(const char* program, pid_t process, uint32_t own, const std::vector<IdRange>& ranges) {
  common::Command command;
  command.argv = {program, std::to_string(process), "0", std::to_string(own), "1"};
  uint32_t inside = 1;
  for (const IdRange& range : ranges) {
    command.argv.insert(command.argv.end(), {std::to_string(inside), std::to_string(range.start), std::to_string(range.count)});
    inside += range.count;
  }
  ASSIGN_OR_RETURN(const common::Output output, common::Run(std::move(command)));
  if (output.status.ok()) return {};
  return common::MakeError(common::ErrorCode::kInvalid,
                           "{} (it has to be setuid root or have file capabilities, and /etc/subuid and /etc/subgid must not give the "
                           "user an id twice)", output.err.substr(0, output.err.find('\n')));
}

Result<> MapOne(pid_t process) {
  const std::string folder = fmt::format("/proc/{}/", process);
  TRY(common::WriteFile(folder + "setgroups", "deny"));
  TRY(common::WriteFile(folder + "uid_map", fmt::format("0 {} 1", ::getuid())));
  return common::WriteFile(folder + "gid_map", fmt::format("0 {} 1", ::getgid()));
}

}  // namespace

std::vector<IdRange> ParseSubordinateIds(std::string_view text, std::string_view user, uid_t uid) {
  std::vector<IdRange> ranges;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const size_t first = line.find(':');
    const size_t second = line.find(':', first == std::string_view::npos ? first : first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view owner = line.substr(0, first);
    if (owner.empty() || (owner != user && owner != std::to_string(uid))) continue;
    IdRange range;
    if (!ParseNumber(line.substr(first + 1, second - first - 1), range.start)) continue;
    if (!ParseNumber(line.substr(second + 1), range.count) || range.count == 0) continue;
    ranges.push_back(range);
  }
  return ranges;
}

Result<bool> MapIds(pid_t process) {
  const auto uids = RangesOf("/etc/subuid"), gids = RangesOf("/etc/subgid");
  if (uids.empty() || gids.empty() || !common::FindProgram("newuidmap") || !common::FindProgram("newgidmap")) {
    TRY(MapOne(process));
    return false;
  }
  TRY(RunMapper("newuidmap", process, ::getuid(), uids));
  TRY(RunMapper("newgidmap", process, ::getgid(), gids));
  return true;
}

}  // namespace skiff::cli
