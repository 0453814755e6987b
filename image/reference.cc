#include "image/reference.h"

#include <algorithm>

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

constexpr std::string_view kDigestPrefix = "sha256:";
constexpr size_t kMaxNameLength = 255;  // of the repository, as registries accept it

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

// A first component with '.', ':' or an upper-case letter, or "localhost", is a host and not a folder.
bool LooksLikeDomain(std::string_view component) {
  return component == "localhost" || component.find_first_of(".:") != std::string_view::npos ||
         std::any_of(component.begin(), component.end(), IsUpper);
}

bool IsDomain(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && text.back() != ']') {
    const std::string_view port = text.substr(colon + 1);
    if (port.empty() || !std::all_of(port.begin(), port.end(), IsDigit)) return false;
    text = text.substr(0, colon);
  }
  if (text.empty()) return false;
  if (text.front() == '.' || text.back() == '.' || text.find("..") != std::string_view::npos) return false;
  const bool bracketed = text.front() == '[' && text.back() == ']';
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return IsDigit(c) || IsLower(c) || IsUpper(c) || c == '-' || c == '.' || c == '_' ||
           (bracketed && (c == ':' || c == '[' || c == ']'));
  });
}

// Letters and digits, between them one '.', one or two '_', or any number of '-'.
bool IsPathComponent(std::string_view text) {
  size_t separator_start = std::string_view::npos;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (IsDigit(c) || IsLower(c)) {
      separator_start = std::string_view::npos;
      continue;
    }
    if (c != '.' && c != '_' && c != '-') return false;
    if (i == 0 || i + 1 == text.size()) return false;
    if (separator_start == std::string_view::npos) {
      separator_start = i;
      continue;
    }
    const size_t length = i - separator_start + 1;
    if (c != text[separator_start] || c == '.' || (c == '_' && length > 2)) return false;
  }
  return !text.empty();
}

bool IsPath(std::string_view text) {
  while (true) {
    const size_t slash = std::min(text.find('/'), text.size());
    if (!IsPathComponent(text.substr(0, slash))) return false;
    if (slash == text.size()) return true;
    text.remove_prefix(slash + 1);
  }
}

bool IsTag(std::string_view text) {
  return !text.empty() && text.size() <= 128 && text.front() != '.' && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return IsDigit(c) || IsLower(c) || IsUpper(c) || c == '_' || c == '.' || c == '-';
         });
}

}  // namespace

bool IsHex(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); });
}

std::string_view FullIdIn(std::string_view text) {
  if (text.substr(0, kDigestPrefix.size()) == kDigestPrefix) text.remove_prefix(kDigestPrefix.size());
  return text.size() == 64 && IsHex(text) ? text : std::string_view();
}

Result<Reference> Reference::Parse(std::string_view text) {
  const std::string_view whole = text;
  const auto fail = [&](std::string_view why) {
    return MakeError(ErrorCode::kInvalid, "\"{}\" is not an image reference: {}", whole, why);
  };
  Reference result;
  if (const size_t at = text.find('@'); at != std::string_view::npos) {
    const std::string_view digest = text.substr(at + 1);
    if (digest.substr(0, kDigestPrefix.size()) != kDigestPrefix || FullIdIn(digest).empty())
      return fail("the digest after '@' must be sha256: and 64 hexadecimal digits");
    result.digest = digest;
    text = text.substr(0, at);
  }
  const size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && text.find('/', colon) == std::string_view::npos) {
    result.tag = text.substr(colon + 1);
    if (!IsTag(result.tag)) return fail("the tag after ':' must be letters, digits, '_', '.' or '-', at most 128");
    text = text.substr(0, colon);
  }
  if (text.empty()) return fail("the name is empty");
  if (text.size() > kMaxNameLength) return fail("the name is longer than 255 characters");
  const size_t slash = text.find('/');
  if (slash != std::string_view::npos && LooksLikeDomain(text.substr(0, slash))) {
    result.domain = text.substr(0, slash);
    text.remove_prefix(slash + 1);
    if (!IsDomain(result.domain)) return fail("the registry before the first '/' is not a host name with optional port");
  }
  if (std::any_of(text.begin(), text.end(), IsUpper)) return fail("the name must be lower case");
  if (!IsPath(text)) return fail("a part of the name is not letters and digits separated by '.', '_' or '-'");
  result.path = text;
  if (result.domain == "index.docker.io") result.domain = "docker.io";
  if (result.domain == "docker.io" && result.path.find('/') == std::string::npos) result.path = "library/" + result.path;
  return result;
}

std::string Reference::Repository() const { return domain.empty() ? path : domain + "/" + path; }

std::string Reference::ToString() const {
  std::string text = Repository();
  if (!tag.empty()) text += ":" + tag;
  if (!digest.empty()) text += "@" + digest;
  if (tag.empty() && digest.empty()) text += ":latest";
  return text;
}

Result<std::string> NormalizeNewName(std::string_view text) {
  ASSIGN_OR_RETURN(Reference reference, Reference::Parse(text));
  if (!reference.digest.empty())
    return MakeError(ErrorCode::kInvalid, "\"{}\": a new name cannot hold a digest; leave away what follows '@'", text);
  if (reference.IsShort()) reference.domain = "localhost";
  return reference.ToString();
}

}  // namespace skiff::image
