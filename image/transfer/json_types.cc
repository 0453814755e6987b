#include "image/transfer/json_types.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>

#include "common/base64.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::JsonValue;
using common::MakeError;
using common::Result;

constexpr int kMaxDepth = 1000;  // Go gives up at 10000

enum class Type { kString, kBool, kInteger, kTime, kBytes, kStrings, kStringMap, kSet, kObject, kObjects };

struct Member {
  std::string_view name;  // in lower case
  Type type;
  std::span<const Member> members = {};  // of kObject and kObjects
};

constexpr Member kHealthcheck[] = {{"test", Type::kStrings},       {"interval", Type::kInteger},      {"timeout", Type::kInteger},
                                   {"startperiod", Type::kInteger}, {"startinterval", Type::kInteger}, {"retries", Type::kInteger}};
// OCI's and docker's.
constexpr Member kRunConfig[] = {
    {"hostname", Type::kString},      {"domainname", Type::kString},   {"user", Type::kString},
    {"attachstdin", Type::kBool},     {"attachstdout", Type::kBool},   {"attachstderr", Type::kBool},
    {"exposedports", Type::kSet},     {"publishservice", Type::kString}, {"tty", Type::kBool},
    {"openstdin", Type::kBool},       {"stdinonce", Type::kBool},      {"env", Type::kStrings},
    {"cmd", Type::kStrings},          {"argsescaped", Type::kBool},    {"image", Type::kString},
    {"volumes", Type::kSet},          {"workingdir", Type::kString},   {"entrypoint", Type::kStrings},
    {"networkdisabled", Type::kBool}, {"macaddress", Type::kString},   {"onbuild", Type::kStrings},
    {"labels", Type::kStringMap},     {"stopsignal", Type::kString},   {"stoptimeout", Type::kInteger},
    {"shell", Type::kStrings},        {"healthcheck", Type::kObject, kHealthcheck}};
constexpr Member kRootfs[] = {{"type", Type::kString}, {"diff_ids", Type::kStrings}};
constexpr Member kHistory[] = {{"created", Type::kTime},
                               {"created_by", Type::kString},
                               {"author", Type::kString},
                               {"comment", Type::kString},
                               {"empty_layer", Type::kBool}};
constexpr Member kConfig[] = {{"id", Type::kString},
                              {"parent", Type::kString},
                              {"comment", Type::kString},
                              {"created", Type::kTime},
                              {"container", Type::kString},
                              {"container_config", Type::kObject, kRunConfig},
                              {"docker_version", Type::kString},
                              {"author", Type::kString},
                              {"config", Type::kObject, kRunConfig},
                              {"architecture", Type::kString},
                              {"variant", Type::kString},
                              {"os", Type::kString},
                              {"os.version", Type::kString},
                              {"os.features", Type::kStrings},
                              {"size", Type::kInteger},
                              {"rootfs", Type::kObject, kRootfs},
                              {"history", Type::kObjects, kHistory}};

constexpr Member kPlatform[] = {{"architecture", Type::kString}, {"os", Type::kString},       {"os.version", Type::kString},
                                {"os.features", Type::kStrings}, {"variant", Type::kString}, {"features", Type::kStrings}};
constexpr Member kDescriptor[] = {{"mediatype", Type::kString}, {"digest", Type::kString},         {"size", Type::kInteger},
                                  {"urls", Type::kStrings},     {"annotations", Type::kStringMap}, {"data", Type::kBytes},
                                  {"artifacttype", Type::kString}, {"platform", Type::kObject, kPlatform}};
constexpr Member kManifest[] = {{"schemaversion", Type::kInteger},        {"mediatype", Type::kString},
                                {"artifacttype", Type::kString},          {"config", Type::kObject, kDescriptor},
                                {"layers", Type::kObjects, kDescriptor},  {"manifests", Type::kObjects, kDescriptor},
                                {"subject", Type::kObject, kDescriptor},  {"annotations", Type::kStringMap}};

// As Go compares names of members: two letters outside of ASCII fold to letters within.
std::string Folded(std::string_view name) {
  std::string folded;
  for (size_t i = 0; i < name.size(); ++i) {
    if (name.substr(i).starts_with("\xc5\xbf")) folded += 's', i += 1;          // long s
    else if (name.substr(i).starts_with("\xe2\x84\xaa")) folded += 'k', i += 2;  // Kelvin
    else folded += name[i] >= 'A' && name[i] <= 'Z' ? static_cast<char>(name[i] + 32) : name[i];
  }
  return folded;
}

// RFC 3339 to the letter: no other form of a time is read.
bool IsTime(std::string_view text) {
  const auto has_form = [&text](std::string_view form) {  // "0" stands for a digit; takes it off
    if (text.size() < form.size()) return false;
    for (size_t i = 0; i < form.size(); ++i)
      if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i]) return false;
    text.remove_prefix(form.size());
    return true;
  };
  int year = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
  const std::string whole(text);
  if (!has_form("0000-00-00T00:00:00")) return false;
  if (std::sscanf(whole.c_str(), "%4d-%2u-%2uT%2u:%2u:%2u", &year, &month, &day, &hour, &minute, &second) != 6) return false;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return false;
  if (has_form(".0")) text.remove_prefix(std::min(text.find_first_not_of("0123456789"), text.size()));
  if (text == "Z") return true;
  return (has_form("+00:00") || has_form("-00:00")) && text.empty();
}

template <typename Container, typename Holds>
bool AllOf(const Container& container, const Holds& holds) {
  return std::all_of(container.begin(), container.end(), holds);
}

bool IsText(const JsonValue& value) { return value.IsString() || value.IsNull(); }

bool IsOf(Type type, const JsonValue& value) {
  switch (type) {
    case Type::kString: return value.IsString();
    case Type::kBool: return value.IsBool();
    case Type::kInteger: return value.IsInt64();
    case Type::kTime: return value.IsString() && IsTime({value.GetString(), value.GetStringLength()});
    case Type::kBytes: return value.IsString() && common::DecodeBase64({value.GetString(), value.GetStringLength()}).has_value();
    case Type::kStrings: return value.IsArray() && AllOf(value.GetArray(), IsText);
    case Type::kStringMap:
      return value.IsObject() && AllOf(value.GetObject(), [](const auto& member) { return IsText(member.value); });
    case Type::kSet:
      return value.IsObject() &&
             AllOf(value.GetObject(), [](const auto& member) { return member.value.IsObject() || member.value.IsNull(); });
    case Type::kObject: return value.IsObject();
    case Type::kObjects: return value.IsArray();
  }
  return false;
}

Result<> Check(const JsonValue& object, std::span<const Member> members, const std::string& path) {
  for (const auto& [name, value] : object.GetObject()) {
    if (value.IsNull()) continue;
    const std::string folded = Folded({name.GetString(), name.GetStringLength()});
    const auto member = std::find_if(members.begin(), members.end(), [&](const Member& known) { return known.name == folded; });
    if (member == members.end()) continue;
    const std::string here = path + folded;
    const auto wrong = [&] { return MakeError(ErrorCode::kInvalid, "{} has a value of the wrong type", here); };
    if (!IsOf(member->type, value)) return wrong();
    if (member->type == Type::kObject) TRY(Check(value, member->members, here + "."));
    if (member->type != Type::kObjects) continue;
    for (const JsonValue& item : value.GetArray()) {
      if (item.IsNull()) continue;
      if (!item.IsObject()) return wrong();
      TRY(Check(item, member->members, here + "."));
    }
  }
  return {};
}

bool IsDeeperThan(const JsonValue& value, int levels) {
  const auto is_too_deep = [levels](const JsonValue& inner) { return levels == 0 || IsDeeperThan(inner, levels - 1); };
  if (value.IsArray()) return std::any_of(value.Begin(), value.End(), is_too_deep);
  if (!value.IsObject()) return false;
  return std::any_of(value.MemberBegin(), value.MemberEnd(), [&](const auto& member) { return is_too_deep(member.value); });
}

Result<> CheckDocument(const JsonValue& document, std::span<const Member> members, const std::string& what) {
  if (!document.IsObject()) return MakeError(ErrorCode::kInvalid, "{} is not a JSON object", what);
  if (IsDeeperThan(document, kMaxDepth)) return MakeError(ErrorCode::kInvalid, "{} is nested too deeply", what);
  return Check(document, members, what + ": ");
}

}  // namespace

Result<> CheckConfigTypes(const JsonValue& config) { return CheckDocument(config, kConfig, "the image configuration"); }

Result<> CheckManifestTypes(const JsonValue& manifest) { return CheckDocument(manifest, kManifest, "the manifest"); }

}  // namespace skiff::image
