#include "image/policy.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "common/file.h"
#include "common/json.h"
#include "image/gpg_signature.h"
#include "image/policy_rules.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::JsonValue;
using common::MakeError;
using common::Result;

constexpr size_t kPolicyLimit = 4u << 20;
constexpr char kSignatureType[] = "atomic container signature";

const Requirements& RulesFor(const Policy::Rules& rules, const ImageOrigin& origin) {
  const auto transport = rules.transports.find(origin.transport);
  if (transport == rules.transports.end()) return rules.fallback;
  for (const auto& scope : origin.scopes)
    if (const auto found = transport->second.find(scope); found != transport->second.end()) return found->second;
  const auto found = transport->second.find("");
  return found != transport->second.end() ? found->second : rules.fallback;
}

// "repository" of "repository:tag" or "repository@digest".
std::string RepositoryOf(const std::string& text) {
  const auto reference = Reference::Parse(text);
  return reference ? reference->Repository() : std::string();
}

bool HasTagOrDigest(const std::string& text) {
  const auto reference = Reference::Parse(text);
  return reference && (!reference->tag.empty() || !reference->digest.empty());
}

std::string Remapped(const SignedIdentity& identity, const std::string& wanted) {
  if (wanted.compare(0, identity.prefix.size(), identity.prefix) != 0) return wanted;
  const std::string rest = wanted.substr(identity.prefix.size());
  // The prefix ends where a part of the name ends.
  if (!rest.empty() && rest[0] != '/' && rest[0] != ':' && rest[0] != '@') return wanted;
  return identity.signed_prefix + rest;
}

struct Claim {
  std::string digest;
  std::string reference;
};

// The signed text (container signature format, "atomic container signature"). Nothing unknown is accepted in "critical".
Result<Claim> ParseClaim(const std::string& payload) {
  ASSIGN_OR_RETURN(const auto document, common::ParseJson(payload, "the signature"));
  const JsonValue* critical = document.IsObject() ? common::FindObject(document, "critical") : nullptr;
  const JsonValue* image = critical != nullptr ? common::FindObject(*critical, "image") : nullptr;
  const JsonValue* identity = critical != nullptr ? common::FindObject(*critical, "identity") : nullptr;
  if (image == nullptr || identity == nullptr || critical->MemberCount() != 3 || image->MemberCount() != 1 ||
      identity->MemberCount() != 1 || common::GetString(*critical, "type") != kSignatureType)
    return MakeError(ErrorCode::kInvalid, "the signature is not an {}", kSignatureType);
  for (const auto& member : document.GetObject())
    if (const std::string_view name = member.name.GetString(); name != "critical" && name != "optional")
      return MakeError(ErrorCode::kInvalid, "the signature has the unknown member \"{}\"", name);
  return Claim{std::string(common::GetString(*image, "docker-manifest-digest")),
               std::string(common::GetString(*identity, "docker-reference"))};
}

Result<> CheckSignature(const Requirement& requirement, const ImageOrigin& origin, const std::vector<std::string>& digests,
                        const std::string& signature) {
  ASSIGN_OR_RETURN(const std::string payload, VerifyGpgSignature(requirement.keys, signature));
  ASSIGN_OR_RETURN(const Claim claim, ParseClaim(payload));
  if (std::find(digests.begin(), digests.end(), claim.digest) == digests.end())
    return MakeError(ErrorCode::kPermission, "a signature is for the image of digest {}", claim.digest);
  if (!IdentityMatches(requirement.identity, origin.reference, claim.reference))
    return MakeError(ErrorCode::kPermission, "a signature is for the name \"{}\"", claim.reference);
  return {};
}

// One good signature is enough; the errors of the others are told when there is none.
Result<> CheckSigned(const Requirement& requirement, const ImageOrigin& origin, const std::vector<std::string>& digests,
                     const std::vector<std::string>& signatures) {
  std::string why;
  for (const auto& signature : signatures) {
    const auto checked = CheckSignature(requirement, origin, digests, signature);
    if (checked) return {};
    why += (why.empty() ? "" : "; ") + checked.error().message();
  }
  return MakeError(ErrorCode::kPermission, "{}", signatures.empty() ? "it has no signature, and one is demanded" : why);
}

}  // namespace

bool IdentityMatches(const SignedIdentity& identity, const std::string& wanted, const std::string& signed_name) {
  using Kind = SignedIdentity::Kind;
  const std::string repository = RepositoryOf(signed_name);
  if (repository.empty()) return false;
  switch (identity.kind) {
    case Kind::kMatchExact: return !wanted.empty() && HasTagOrDigest(wanted) && wanted == signed_name;
    case Kind::kMatchRepository: return !wanted.empty() && RepositoryOf(wanted) == repository;
    case Kind::kExactReference: return identity.value == signed_name;
    case Kind::kExactRepository: return identity.value == repository;
    case Kind::kRemapIdentity:
      return !wanted.empty() && IdentityMatches({}, Remapped(identity, wanted), signed_name);
    case Kind::kMatchRepoDigestOrExact: break;
  }
  const auto reference = Reference::Parse(wanted);
  if (!reference || !HasTagOrDigest(wanted)) return false;
  // Asked for by digest, the content is fixed: any tag that was signed will do.
  if (!reference->digest.empty()) return HasTagOrDigest(signed_name) && reference->Repository() == repository;
  return wanted == signed_name;
}

std::string ImageOrigin::ToString() const {
  const std::string name = !reference.empty() ? reference : scopes.empty() ? "" : scopes.front();
  return transport == "docker" ? name : transport + ":" + name;
}

ImageOrigin RegistryOrigin(const Reference& reference) {
  ImageOrigin origin{"docker", {}, reference.ToString()};
  origin.scopes.push_back(origin.reference);
  for (std::string scope = reference.Repository();; scope.resize(scope.rfind('/'))) {
    origin.scopes.push_back(scope);
    if (scope.find('/') == std::string::npos) break;
  }
  const std::string host = origin.scopes.back();
  for (size_t dot = host.find('.'); dot != std::string::npos; dot = host.find('.', dot + 1)) origin.scopes.push_back("*" + host.substr(dot));
  return origin;
}

ImageOrigin FileOrigin(const std::string& transport, const std::string& path) {
  ImageOrigin origin{transport, {}, ""};
  // These archives are not told apart by where they are.
  if (transport == "docker-archive" || transport == "tarball" || path.empty()) return origin;
  std::error_code error;
  std::string scope = std::filesystem::canonical(path, error).string();
  if (error) scope = std::filesystem::absolute(path, error).string();
  for (; scope.size() > 1; scope.resize(std::max<size_t>(1, scope.rfind('/')))) origin.scopes.push_back(scope);
  return origin;
}

Policy::Policy(std::unique_ptr<Rules> rules) : rules_(std::move(rules)) {}
Policy::Policy(Policy&&) noexcept = default;
Policy& Policy::operator=(Policy&&) noexcept = default;
Policy::~Policy() = default;

Result<Policy> Policy::Load(const common::SystemPaths& paths) {
  std::vector<std::string> files;
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    files.push_back(std::string(home) + "/.config/containers/policy.json");
  files.push_back(paths.config_dir + "/policy.json");
  if (paths.rootless) files.emplace_back("/etc/containers/policy.json");
  for (const auto& file : files) {
    const auto text = common::ReadFile(file, kPolicyLimit);
    if (text) return Parse(*text, file);
    if (text.error().code() != ErrorCode::kNotFound) return text.error();
  }
  return MakeError(ErrorCode::kPermission,
                   "no policy says which images may be used: there is no {}; install golang-github-containers-common, or write "
                   "{{\"default\":[{{\"type\":\"insecureAcceptAnything\"}}]}} to it to allow all", files.back());
}

Result<Policy> Policy::Parse(std::string_view text, const std::string& what) {
  ASSIGN_OR_RETURN(Rules rules, ParsePolicy(text, what));
  return Policy(std::make_unique<Rules>(std::move(rules)));
}

bool Policy::NeedsSignatures(const ImageOrigin& origin) const {
  const Requirements& requirements = RulesFor(*rules_, origin);
  return std::any_of(requirements.begin(), requirements.end(), [](const Requirement& r) { return r.kind == Requirement::Kind::kSignedBy; });
}

bool Policy::HasSignatureRules() const {
  const auto has = [](const Requirements& requirements) {
    return std::any_of(requirements.begin(), requirements.end(), [](const Requirement& r) { return r.kind == Requirement::Kind::kSignedBy; });
  };
  if (has(rules_->fallback)) return true;
  for (const auto& [transport, scopes] : rules_->transports)
    for (const auto& [scope, requirements] : scopes)
      if (has(requirements)) return true;
  return false;
}

Result<> Policy::Check(const ImageOrigin& origin, const std::vector<std::string>& manifest_digests,
                       const std::vector<std::string>& signatures) const {
  const auto refused = [&](const std::string& why) {
    return MakeError(ErrorCode::kPermission, "image {} is refused by policy.json: {}", origin.ToString(), why);
  };
  for (const auto& requirement : RulesFor(*rules_, origin)) {
    switch (requirement.kind) {
      case Requirement::Kind::kAcceptAnything: break;
      case Requirement::Kind::kReject:
        return refused(requirement.identity.value.empty() ? "images of this origin are rejected" : requirement.identity.value);
      case Requirement::Kind::kSignedBy:
        if (const auto checked = CheckSigned(requirement, origin, manifest_digests, signatures); !checked)
          return refused(checked.error().message());
        break;
    }
  }
  return {};
}

}  // namespace skiff::image
