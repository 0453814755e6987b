#include "runtime/user_lookup.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string_view>

#include "runtime/layered_root.h"

namespace skiff::runtime {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

struct PasswdEntry {
  std::string name;
  uint32_t uid = 0;
  uint32_t gid = 0;
  std::string home;
};

struct GroupEntry {
  std::string name;
  uint32_t gid = 0;
  std::vector<std::string> members;
};

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// 2^32-1 means "unchanged" to the kernel and is no id.
std::optional<uint32_t> ParseId(std::string_view text) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() ||
      value == std::numeric_limits<uint32_t>::max())
    return std::nullopt;
  return value;
}

// Lines that are no entries (comments, NIS markers, garbage) are passed over, as getpwent(3) does.
std::vector<PasswdEntry> ParsePasswd(std::string_view text) {
  std::vector<PasswdEntry> entries;
  for (const auto& line : Split(text, '\n')) {
    const auto fields = Split(line, ':');
    if (fields.size() < 4 || fields[0].empty() || fields[0][0] == '#') continue;
    const auto uid = ParseId(fields[2]);
    const auto gid = ParseId(fields[3]);
    if (uid && gid) entries.push_back({fields[0], *uid, *gid, fields.size() > 5 ? fields[5] : ""});
  }
  return entries;
}

std::vector<GroupEntry> ParseGroup(std::string_view text) {
  std::vector<GroupEntry> entries;
  for (const auto& line : Split(text, '\n')) {
    const auto fields = Split(line, ':');
    if (fields.size() < 3 || fields[0].empty() || fields[0][0] == '#') continue;
    if (const auto gid = ParseId(fields[2]))
      entries.push_back(
          {fields[0], *gid, fields.size() > 3 ? Split(fields[3], ',') : std::vector<std::string>{}});
  }
  return entries;
}

Result<std::string> ReadOrEmpty(const LayeredRoot& root, const std::string& path) {
  auto text = root.ReadFile(path);
  if (!text && text.error().code() == ErrorCode::kNotFound) return std::string();
  return text;
}

Result<uint32_t> CheckId(int64_t id, const char* what) {
  if (id < 0 || id >= std::numeric_limits<uint32_t>::max())
    return MakeError(ErrorCode::kInvalid, "{} {} is not between 0 and 4294967294", what, id);
  return static_cast<uint32_t>(id);
}

// The user's and the group's part of "USER[:GROUP]".
struct UserWords {
  std::string user;
  std::optional<std::string> group;
};

UserWords SplitUser(const UserRequest& request) {
  UserWords words;
  if (request.uid) return words;
  const size_t colon = request.user.find(':');
  words.user = request.user.substr(0, colon);
  if (colon != std::string::npos && colon + 1 < request.user.size())
    words.group = request.user.substr(colon + 1);
  return words;
}

Result<uint32_t> FindGroup(const std::vector<GroupEntry>& groups, const std::string& word) {
  if (const auto gid = ParseId(word)) return *gid;
  const auto found =
      std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.name == word; });
  if (found == groups.end())
    return MakeError(ErrorCode::kNotFound,
                     "no group \"{}\" in the image's /etc/group; use a number or add the group", word);
  return found->gid;
}

}  // namespace

Result<ResolvedUser> ResolveUser(const std::vector<std::string>& layers, const UserRequest& request) {
  ASSIGN_OR_RETURN(const auto root, LayeredRoot::Open(layers));
  ASSIGN_OR_RETURN(const std::string passwd_text, ReadOrEmpty(root, "/etc/passwd"));
  const auto passwd = ParsePasswd(passwd_text);
  const UserWords words = SplitUser(request);

  ResolvedUser result;
  std::optional<uint32_t> number = words.user.empty() ? std::optional<uint32_t>(0) : ParseId(words.user);
  if (request.uid) {
    ASSIGN_OR_RETURN(number, CheckId(*request.uid, "user id"));
  }
  result.numeric = number.has_value();
  const auto entry = std::find_if(passwd.begin(), passwd.end(), [&](const auto& candidate) {
    return number ? candidate.uid == *number : candidate.name == words.user;
  });
  const bool known = entry != passwd.end();
  if (!known && !number)
    return MakeError(ErrorCode::kNotFound,
                     "no user \"{}\" in the image's /etc/passwd; use a number or add the user", words.user);
  result.uid = number ? *number : entry->uid;
  if (known) result.gid = entry->gid;
  if (known && !entry->home.empty()) result.home = entry->home;

  ASSIGN_OR_RETURN(const std::string group_text, ReadOrEmpty(root, "/etc/group"));
  const auto groups = ParseGroup(group_text);
  if (words.group) {
    ASSIGN_OR_RETURN(result.gid, FindGroup(groups, *words.group));
  }
  if (request.gid) {
    ASSIGN_OR_RETURN(result.gid, CheckId(*request.gid, "group id"));
  }
  // "USER:GROUP" asks for exactly this group (Docker's rule).
  if (!known || words.group || request.skip_image_groups) return result;
  for (const auto& group : groups) {
    if (group.gid == result.gid) continue;
    if (std::find(group.members.begin(), group.members.end(), entry->name) != group.members.end())
      result.additional_gids.push_back(group.gid);
  }
  return result;
}

}  // namespace skiff::runtime
