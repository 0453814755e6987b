#include <algorithm>
#include <initializer_list>

#include "common/base64.h"
#include "common/file.h"
#include "common/json.h"
#include "image/policy_rules.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::JsonValue;
using common::MakeError;
using common::Result;

constexpr size_t kKeyLimit = 16u << 20;

// What a member is not known for might be the very restriction that matters: nothing unknown is passed over.
Result<> CheckMembers(const JsonValue& object, std::initializer_list<const char*> known, const std::string& where) {
  if (!object.IsObject()) return MakeError(ErrorCode::kInvalid, "{} is not an object", where);
  for (const auto& member : object.GetObject()) {
    const std::string_view name(member.name.GetString(), member.name.GetStringLength());
    if (std::none_of(known.begin(), known.end(), [&](const char* k) { return name == k; }))
      return MakeError(ErrorCode::kInvalid, "{}: unknown member \"{}\"", where, name);
  }
  return {};
}

// The binary form of "-----BEGIN PGP PUBLIC KEY BLOCK-----" texts; anything else is binary already.
Result<std::string> Dearmored(const std::string& key, const std::string& where) {
  constexpr std::string_view kBegin = "-----BEGIN PGP PUBLIC KEY BLOCK-----", kEnd = "-----END PGP PUBLIC KEY BLOCK-----";
  if (key.find(kBegin) == std::string::npos) return key;
  std::string binary;
  for (size_t start = 0; (start = key.find(kBegin, start)) != std::string::npos;) {
    const size_t end = key.find(kEnd, start);
    // Headers end with an empty line, the data with a line that begins with '=' (the checksum).
    std::string block = key.substr(start + kBegin.size(), end == std::string::npos ? end : end - start - kBegin.size());
    block.erase(std::remove(block.begin(), block.end(), '\r'), block.end());
    const size_t body = block.find("\n\n");
    if (end == std::string::npos || body == std::string::npos) return MakeError(ErrorCode::kInvalid, "{}: a broken armored key", where);
    block.erase(0, body + 2);
    const size_t checksum = block.find("\n=");
    const auto data = common::DecodeBase64(block.substr(0, checksum));
    if (!data) return MakeError(ErrorCode::kInvalid, "{}: a broken armored key", where);
    binary += *data;
    start = end;
  }
  return binary;
}

Result<SignedIdentity> ParseIdentity(const JsonValue& requirement, const std::string& where) {
  SignedIdentity identity;
  const auto member = requirement.FindMember("signedIdentity");
  if (member == requirement.MemberEnd()) return identity;
  const JsonValue& object = member->value;
  const std::string place = where + ".signedIdentity";
  if (!object.IsObject()) return MakeError(ErrorCode::kInvalid, "{} is not an object", place);
  const std::string_view type = common::GetString(object, "type");
  const auto needs = [&](const char* name) -> Result<std::string> {
    const std::string value(common::GetString(object, name));
    if (value.empty()) return MakeError(ErrorCode::kInvalid, "{}: {} needs \"{}\"", place, type, name);
    return value;
  };
  using Kind = SignedIdentity::Kind;
  if (type == "matchExact" || type == "matchRepoDigestOrExact" || type == "matchRepository") {
    TRY(CheckMembers(object, {"type"}, place));
    identity.kind = type == "matchExact" ? Kind::kMatchExact : type == "matchRepository" ? Kind::kMatchRepository : Kind::kMatchRepoDigestOrExact;
  } else if (type == "exactReference") {
    TRY(CheckMembers(object, {"type", "dockerReference"}, place));
    identity.kind = Kind::kExactReference;
    ASSIGN_OR_RETURN(identity.value, needs("dockerReference"));
  } else if (type == "exactRepository") {
    TRY(CheckMembers(object, {"type", "dockerRepository"}, place));
    identity.kind = Kind::kExactRepository;
    ASSIGN_OR_RETURN(identity.value, needs("dockerRepository"));
  } else if (type == "remapIdentity") {
    TRY(CheckMembers(object, {"type", "prefix", "signedPrefix"}, place));
    identity.kind = Kind::kRemapIdentity;
    ASSIGN_OR_RETURN(identity.prefix, needs("prefix"));
    ASSIGN_OR_RETURN(identity.signed_prefix, needs("signedPrefix"));
  } else {
    return MakeError(ErrorCode::kInvalid, "{}: unknown type \"{}\"", place, type);
  }
  return identity;
}

Result<Requirement> ParseSignedBy(const JsonValue& object, const std::string& where) {
  TRY(CheckMembers(object, {"type", "keyType", "keyPath", "keyPaths", "keyData", "signedIdentity"}, where));
  if (const std::string_view type = common::GetString(object, "keyType"); type != "GPGKeys")
    return MakeError(ErrorCode::kUnsupported, "{}: keyType \"{}\" is not supported, only GPGKeys", where, type);
  Requirement requirement;
  requirement.kind = Requirement::Kind::kSignedBy;
  const bool by_path = object.HasMember("keyPath"), by_paths = object.HasMember("keyPaths"), by_data = object.HasMember("keyData");
  if (by_path + by_paths + by_data != 1)
    return MakeError(ErrorCode::kInvalid, "{} needs exactly one of keyPath, keyPaths and keyData", where);
  std::vector<std::string> paths = common::GetStrings(object, "keyPaths");
  if (by_path) paths = {std::string(common::GetString(object, "keyPath"))};
  if (!by_data && paths.empty()) return MakeError(ErrorCode::kInvalid, "{} names no key", where);
  for (const auto& path : paths) {
    ASSIGN_OR_RETURN(const std::string key, common::ReadFile(path, kKeyLimit), "{}", where);
    ASSIGN_OR_RETURN(requirement.keys.emplace_back(), Dearmored(key, path));
  }
  if (by_data) {
    const auto data = common::DecodeBase64(common::GetString(object, "keyData"));
    if (!data || data->empty()) return MakeError(ErrorCode::kInvalid, "{}.keyData is not base64", where);
    ASSIGN_OR_RETURN(requirement.keys.emplace_back(), Dearmored(*data, where + ".keyData"));
  }
  ASSIGN_OR_RETURN(requirement.identity, ParseIdentity(object, where));
  return requirement;
}

Result<Requirements> ParseRequirements(const JsonValue& list, const std::string& where) {
  if (!list.IsArray() || list.Empty()) return MakeError(ErrorCode::kInvalid, "{} is not a list with requirements", where);
  Requirements requirements;
  for (const auto& item : list.GetArray()) {
    const std::string place = fmt::format("{}[{}]", where, requirements.size());
    if (!item.IsObject()) return MakeError(ErrorCode::kInvalid, "{} is not an object", place);
    const std::string_view type = common::GetString(item, "type");
    if (type == "signedBy") {
      ASSIGN_OR_RETURN(requirements.emplace_back(), ParseSignedBy(item, place));
    } else if (type == "insecureAcceptAnything" || type == "reject") {
      TRY(CheckMembers(item, {"type"}, place));
      Requirement& requirement = requirements.emplace_back();
      requirement.kind = type == "reject" ? Requirement::Kind::kReject : Requirement::Kind::kAcceptAnything;
    } else {
      return MakeError(ErrorCode::kUnsupported,
                       "{}: requirements of type \"{}\" are not supported; skiff knows insecureAcceptAnything, reject and signedBy",
                       place, type);
    }
  }
  return requirements;
}

// A requirement that skiff cannot check refuses what it is for, and only that.
Result<Requirements> RequirementsOrReject(const JsonValue& list, const std::string& where) {
  auto requirements = ParseRequirements(list, where);
  if (requirements || requirements.error().code() != ErrorCode::kUnsupported) return requirements;
  Requirement reject;
  reject.identity.value = requirements.error().message();
  return Requirements{reject};
}

}  // namespace

Result<Policy::Rules> ParsePolicy(std::string_view text, const std::string& what) {
  ASSIGN_OR_RETURN(const auto document, common::ParseJson(text, what));
  TRY(CheckMembers(document, {"default", "transports"}, what));
  Policy::Rules rules;
  const JsonValue* fallback = common::FindArray(document, "default");
  if (fallback == nullptr) return MakeError(ErrorCode::kInvalid, "{} has no \"default\"", what);
  ASSIGN_OR_RETURN(rules.fallback, RequirementsOrReject(*fallback, what + ": default"));
  const auto transports = document.FindMember("transports");
  if (transports == document.MemberEnd()) return rules;
  if (!transports->value.IsObject()) return MakeError(ErrorCode::kInvalid, "{}: transports is not an object", what);
  for (const auto& transport : transports->value.GetObject()) {
    if (!transport.value.IsObject()) return MakeError(ErrorCode::kInvalid, "{}: transports.{} is not an object", what, transport.name.GetString());
    auto& scopes = rules.transports[transport.name.GetString()];
    for (const auto& scope : transport.value.GetObject()) {
      const std::string where = fmt::format("{}: transports.{}[\"{}\"]", what, transport.name.GetString(), scope.name.GetString());
      ASSIGN_OR_RETURN(scopes[scope.name.GetString()], RequirementsOrReject(scope.value, where));
    }
  }
  return rules;
}

}  // namespace skiff::image
