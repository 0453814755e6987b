#include "kube/model/decode.h"

#include <fmt/format.h>

#include <algorithm>

#include "kube/model/encode.h"
#include "kube/model/kinds.h"
#include "kube/model/tables/tables.h"
#include "kube/model/text.h"
#include "kube/model/validate.h"

namespace skiff::kube {

namespace {

void AddError(Decoded& decoded, Mark mark, std::string message) {
  decoded.findings.push_back({Severity::kError, mark, std::move(message)});
}

std::string Text(const Value* value) {
  return value != nullptr && value->is(Value::Kind::kString) ? value->text() : std::string();
}

const Value& MemberOr(const Value& object, std::string_view name) {
  const Value* member = object.Find(name);
  return member == nullptr ? object : *member;
}

// `Service "web"`, or the kind alone.
std::string Title(const Value& value, std::string_view kind) {
  const Value* metadata = value.Find("metadata");
  const std::string name = metadata == nullptr ? "" : Text(metadata->Find("name"));
  return name.empty() ? std::string(kind) : fmt::format("{} {}", kind, QuoteText(name));
}

// False, with a finding, when the value is not an object of a kind that skiff runs.
bool AcceptKind(const Value& value, Decoded& decoded) {
  if (!value.is(Value::Kind::kMap)) {
    AddError(decoded, value.mark(),
             fmt::format("a Kubernetes object must be an object (apiVersion, kind, ...), not {}",
                         value.Describe()));
    return false;
  }
  const std::string kind = Text(value.Find("kind")), api_version = Text(value.Find("apiVersion"));
  if (kind.empty() || api_version.empty()) {
    if (api_version.empty()) AddError(decoded, MemberOr(value, "apiVersion").mark(), "apiVersion not set");
    if (kind.empty()) AddError(decoded, MemberOr(value, "kind").mark(), "kind not set");
    return false;
  }
  const std::string no_match =
      fmt::format("no matches for kind {} in version {}", QuoteText(kind), QuoteText(api_version));
  switch (LookUpKind(kind, api_version)) {
    case KindStatus::kSupported:
      return true;
    case KindStatus::kNotSupported:
    case KindStatus::kCustom:
      decoded.findings.push_back({Severity::kWarning, MemberOr(value, "kind").mark(),
                                  fmt::format("{} ({}) is not supported by this version of skiff; skipped",
                                              Title(value, kind), api_version)});
      return false;
    case KindStatus::kUnknownVersion:
      AddError(decoded, MemberOr(value, "apiVersion").mark(),
               fmt::format("{}; use apiVersion: {}", no_match, CurrentApiVersion(kind)));
      return false;
    case KindStatus::kUnknown:
      AddError(decoded, MemberOr(value, "kind").mark(), no_match + DidYouMean(kind, KnownKinds()));
      return false;
  }
  return false;
}

// Calls `use` with an empty object of the kind's struct.
template <typename Use>
void ForKind(std::string_view kind, const Use& use) {
  if (kind == Pod::kKind) use(Pod());
  if (kind == Deployment::kKind) use(Deployment());
  if (kind == ConfigMap::kKind) use(ConfigMap());
  if (kind == Secret::kKind) use(Secret());
  if (kind == PersistentVolumeClaim::kKind) use(PersistentVolumeClaim());
  if (kind == Service::kKind) use(Service());
  if (kind == Endpoints::kKind) use(Endpoints());
  if (kind == EndpointSlice::kKind) use(EndpointSlice());
}

void SortFindings(std::vector<Finding>& findings) {
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return std::pair(a.mark.line, a.mark.column) < std::pair(b.mark.line, b.mark.column);
  });
}

}  // namespace

Decoded DecodeObject(const Value& value, const std::string& file, UnknownFields unknown) {
  Decoded decoded;
  if (!AcceptKind(value, decoded)) return decoded;
  ForKind(value.Find("kind")->text(), [&]<typename T>(T body) {
    const Struct& fields = Describe(static_cast<const T*>(nullptr));
    decoded.findings = CheckObject(fields, value, unknown);
    DecodeStruct(fields, value, &body);
    decoded.object.emplace();
    decoded.object->body = std::move(body);
    decoded.object->position = {file, value.mark().line, value.mark().column};
    decoded.object->source = std::make_shared<const Value>(value);
    ApplyDefaults(*decoded.object);
    Validate(*decoded.object, decoded.findings);
  });
  SortFindings(decoded.findings);
  const bool wrong = std::any_of(decoded.findings.begin(), decoded.findings.end(),
                                 [](const Finding& finding) { return finding.severity == Severity::kError; });
  if (wrong) decoded.object.reset();
  return decoded;
}

}  // namespace skiff::kube
