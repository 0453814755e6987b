#include "kube/model/rules.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "kube/model/quantity.h"
#include "kube/model/text.h"

namespace skiff::kube {

namespace {

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlnum(char c) { return IsLower(c) || IsDigit(c) || (c >= 'A' && c <= 'Z'); }

bool MatchesLabel(std::string_view text) {
  if (text.empty() || text.front() == '-' || text.back() == '-') return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return IsLower(c) || IsDigit(c) || c == '-'; });
}

bool MatchesSubdomain(std::string_view text) {
  while (true) {
    const size_t dot = text.find('.');
    if (!MatchesLabel(text.substr(0, dot))) return false;
    if (dot == text.npos) return true;
    text.remove_prefix(dot + 1);
  }
}

// Label values and the name part of keys: alphanumeric at both ends.
bool MatchesQualifiedPart(std::string_view text) {
  if (text.empty() || !IsAlnum(text.front()) || !IsAlnum(text.back())) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return IsAlnum(c) || c == '-' || c == '_' || c == '.'; });
}

bool HasBackStep(std::string_view path) {
  while (!path.empty()) {
    const size_t slash = path.find('/');
    if (path.substr(0, slash) == "..") return true;
    if (slash == path.npos) break;
    path.remove_prefix(slash + 1);
  }
  return false;
}

std::string Wrap(const Value& value, const std::string& detail) {
  return detail.empty() ? detail : InvalidValue(value, detail);
}

// In the order of the network; empty: it is none.
std::string AddressOctets(std::string_view text) {
  std::array<char, sizeof(in6_addr)> address{};
  const std::string terminated(text);
  if (inet_pton(AF_INET, terminated.c_str(), address.data()) == 1) return {address.data(), sizeof(in_addr)};
  if (inet_pton(AF_INET6, terminated.c_str(), address.data()) == 1) return {address.data(), sizeof(in6_addr)};
  return {};
}

}  // namespace

std::string InvalidValue(const Value& value, std::string_view detail) {
  return fmt::format("Invalid value: {}: {}", value.ToJson(), detail);
}

std::string DnsLabelDetail(std::string_view text) {
  if (text.size() > 63) return "must be no more than 63 bytes";
  if (MatchesLabel(text)) return {};
  return "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must "
         "start and end "
         "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
         "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
}

std::string DnsSubdomainDetail(std::string_view text) {
  if (text.size() > 253) return "must be no more than 253 bytes";
  if (MatchesSubdomain(text)) return {};
  return "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and "
         "must start "
         "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
         "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
}

std::string QualifiedNameDetail(std::string_view text) {
  const size_t slash = text.find('/');
  std::string_view name = text;
  if (slash != text.npos) {
    const std::string_view prefix = text.substr(0, slash);
    name.remove_prefix(slash + 1);
    if (prefix.empty()) return "prefix part must be non-empty";
    if (const std::string detail = DnsSubdomainDetail(prefix); !detail.empty())
      return "prefix part " + detail;
  }
  if (name.empty()) return "name part must be non-empty";
  if (name.size() > 63) return "name part must be no more than 63 bytes";
  if (MatchesQualifiedPart(name)) return {};
  return "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
         "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
         "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
}

std::string AnnotationKeyDetail(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return QualifiedNameDetail(lower);
}

std::string LabelValueDetail(std::string_view text) {
  if (text.size() > 63) return "must be no more than 63 bytes";
  if (text.empty() || MatchesQualifiedPart(text)) return {};
  return "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and "
         "must start "
         "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used "
         "for validation "
         "is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
}

std::string ConfigKeyDetail(std::string_view text) {
  if (text.size() > 253) return "must be no more than 253 bytes";
  if (text == "." || text == "..") return fmt::format("must not be '{}'", text);
  if (text.starts_with("..")) return "must not start with '..'";
  const bool right = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return IsAlnum(c) || c == '-' || c == '_' || c == '.';
  });
  if (right) return {};
  return "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
         "'KEY_NAME',  "
         "or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
}

bool IsIpAddress(std::string_view text) { return !AddressOctets(text).empty(); }

bool SameIpAddress(std::string_view a, std::string_view b) {
  const std::string left = AddressOctets(a);
  return a == b || (!left.empty() && left == AddressOctets(b));
}

std::string CheckDnsLabel(const Value& value) { return Wrap(value, DnsLabelDetail(value.text())); }
std::string CheckDnsSubdomain(const Value& value) { return Wrap(value, DnsSubdomainDetail(value.text())); }
std::string CheckConfigKey(const Value& value) { return Wrap(value, ConfigKeyDetail(value.text())); }

std::string CheckAnnotations(const Value& value) {
  constexpr size_t kLargest = 256 * 1024;
  size_t bytes = 0;
  for (const Value::Entry& entry : value.entries()) bytes += entry.key.size() + entry.value.text().size();
  return bytes > kLargest ? fmt::format("Too long: may not be more than {} bytes", kLargest) : std::string();
}

std::string CheckPortName(const Value& value) {
  const std::string& name = value.text();
  if (name.size() > 15) return InvalidValue(value, "must be no more than 15 bytes");
  const auto allowed = [](char c) { return IsLower(c) || IsDigit(c) || c == '-'; };
  if (!std::all_of(name.begin(), name.end(), allowed)) {
    return InvalidValue(value, "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  }
  if (std::none_of(name.begin(), name.end(), IsLower))
    return InvalidValue(value, "must contain at least one letter (a-z)");
  if (name.find("--") != name.npos) return InvalidValue(value, "must not contain consecutive hyphens");
  if (name.front() == '-' || name.back() == '-')
    return InvalidValue(value, "must not begin or end with a hyphen");
  return {};
}

std::string CheckEnvName(const Value& value) {
  const std::string& name = value.text();
  const bool right =
      std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c <= '~' && c != '='; });
  return right ? std::string()
               : InvalidValue(
                     value,
                     "a valid environment variable name must consist only of printable ASCII characters "
                     "other than '='");
}

std::string CheckIp(const Value& value) {
  return IsIpAddress(value.text())
             ? std::string()
             : InvalidValue(value, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
}

std::string CheckImage(const Value& value) {
  const std::string& image = value.text();
  const auto is_space = [](unsigned char c) { return std::isspace(c) != 0; };
  if (is_space(image.front()) || is_space(image.back())) {
    return InvalidValue(value, "must not have leading or trailing whitespace");
  }
  if (std::any_of(image.begin(), image.end(), is_space))
    return InvalidValue(value, "must not contain whitespace");
  // The registry may be in capitals, the repository may not.
  const size_t slash = image.find('/');
  const size_t first = slash == image.npos ? 0 : slash;
  const std::string repository = image.substr(first, image.find_first_of(":@", first) - first);
  const bool capitals =
      std::any_of(repository.begin(), repository.end(), [](unsigned char c) { return std::isupper(c); });
  return capitals ? InvalidValue(value, "repository name must be lowercase") : std::string();
}

std::string CheckCapabilities(const Value& value) {
  static constexpr std::array kNames{std::string_view("ALL"),
                                     std::string_view("CHOWN"),
                                     std::string_view("DAC_OVERRIDE"),
                                     std::string_view("DAC_READ_SEARCH"),
                                     std::string_view("FOWNER"),
                                     std::string_view("FSETID"),
                                     std::string_view("KILL"),
                                     std::string_view("SETGID"),
                                     std::string_view("SETUID"),
                                     std::string_view("SETPCAP"),
                                     std::string_view("LINUX_IMMUTABLE"),
                                     std::string_view("NET_BIND_SERVICE"),
                                     std::string_view("NET_BROADCAST"),
                                     std::string_view("NET_ADMIN"),
                                     std::string_view("NET_RAW"),
                                     std::string_view("IPC_LOCK"),
                                     std::string_view("IPC_OWNER"),
                                     std::string_view("SYS_MODULE"),
                                     std::string_view("SYS_RAWIO"),
                                     std::string_view("SYS_CHROOT"),
                                     std::string_view("SYS_PTRACE"),
                                     std::string_view("SYS_PACCT"),
                                     std::string_view("SYS_ADMIN"),
                                     std::string_view("SYS_BOOT"),
                                     std::string_view("SYS_NICE"),
                                     std::string_view("SYS_RESOURCE"),
                                     std::string_view("SYS_TIME"),
                                     std::string_view("SYS_TTY_CONFIG"),
                                     std::string_view("MKNOD"),
                                     std::string_view("LEASE"),
                                     std::string_view("AUDIT_WRITE"),
                                     std::string_view("AUDIT_CONTROL"),
                                     std::string_view("SETFCAP"),
                                     std::string_view("MAC_OVERRIDE"),
                                     std::string_view("MAC_ADMIN"),
                                     std::string_view("SYSLOG"),
                                     std::string_view("WAKE_ALARM"),
                                     std::string_view("BLOCK_SUSPEND"),
                                     std::string_view("AUDIT_READ"),
                                     std::string_view("PERFMON"),
                                     std::string_view("BPF"),
                                     std::string_view("CHECKPOINT_RESTORE")};
  for (const Value& item : value.items()) {
    std::string name = item.text();
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
    if (name.starts_with("CAP_")) name.erase(0, 4);
    if (std::find(kNames.begin(), kNames.end(), name) != kNames.end()) continue;
    return InvalidValue(item, "no such capability") + DidYouMean(name, {kNames.begin(), kNames.end()});
  }
  return {};
}

std::string CheckSysctlName(const Value& value) {
  const std::string& name = value.text();
  const bool characters = std::all_of(name.begin(), name.end(), [](char c) {
    return IsAlnum(c) || c == '-' || c == '_' || c == '.' || c == '/';
  });
  const bool right = characters && IsAlnum(name.front()) && IsAlnum(name.back()) &&
                     name.find_first_of("./") != name.npos && name.size() <= 253;
  return right ? std::string()
               : InvalidValue(value,
                              "must have at most 253 characters and match regex "
                              "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$");
}

std::string CheckNoBackSteps(const Value& value) {
  return HasBackStep(value.text()) ? InvalidValue(value, "must not contain '..'") : std::string();
}

std::string CheckRelativePath(const Value& value) {
  if (value.text().starts_with('/')) return InvalidValue(value, "must be a relative path");
  return CheckNoBackSteps(value);
}

std::string CheckProjectedPath(const Value& value) {
  if (value.text().starts_with("..") && !HasBackStep(value.text())) {
    return InvalidValue(value, "must not start with '..'");
  }
  return CheckRelativePath(value);
}

std::string CheckMountPath(const Value& value) {
  // Kubernetes leaves this to the runtime, which refuses it when the container starts.
  if (!value.text().starts_with('/')) return InvalidValue(value, "must be an absolute path");
  return value.text() == "/" ? InvalidValue(value, "must not be the root of the container") : std::string();
}

std::string CheckPort(const Value& value) {
  if (value.is(Value::Kind::kString)) return CheckPortName(value);
  const int64_t port = value.int_value();
  return port >= 1 && port <= 65535 ? std::string()
                                    : InvalidValue(value, "must be between 1 and 65535, inclusive");
}

std::string CheckHttpHeaderName(const Value& value) {
  const auto allowed = [](char c) { return IsAlnum(c) || c == '-'; };
  const std::string& name = value.text();
  if (!name.empty() && std::all_of(name.begin(), name.end(), allowed)) return {};
  return InvalidValue(value, "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')");
}

std::string CheckMode(const Value& value) {
  const bool right = value.int_value() >= 0 && value.int_value() <= 0777;
  return right ? std::string()
               : InvalidValue(value, "must be a number between 0 and 0777 (octal), both inclusive");
}

std::string CheckNonNegative(const Value& value) {
  const auto quantity = Quantity::Parse(value.text());
  return quantity && quantity->IsNegative() ? InvalidValue(value, "must be greater than or equal to 0")
                                            : std::string();
}

std::string CheckCountOrPercent(const Value& value) {
  if (value.is(Value::Kind::kInt)) {
    return value.int_value() < 0 ? InvalidValue(value, "must be greater than or equal to 0") : std::string();
  }
  const std::string& text = value.text();
  int percent = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), percent);
  const bool right = parsed.ec == std::errc() && percent >= 0 && text.ends_with('%') && text.size() > 1 &&
                     parsed.ptr == text.data() + text.size() - 1;
  return right
             ? std::string()
             : InvalidValue(value,
                            "a valid percent string must be a numeric string followed by an ending '%' (e.g. "
                            "'1%',  or '93%', regex used for validation is '[0-9]+%')");
}

}  // namespace skiff::kube
