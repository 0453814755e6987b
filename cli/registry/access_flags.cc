#include "cli/registry/access_flags.h"

#include <charconv>

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

// "2s", "500ms", "1m"; a number alone is seconds.
Result<int64_t> ParseDelay(const std::string& text) {
  int64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit(parsed.ptr, static_cast<size_t>(text.data() + text.size() - parsed.ptr));
  const int64_t factor = unit == "ms" ? 1 : unit == "s" || unit.empty() ? 1000 : unit == "m" ? 60000 : 0;
  if (parsed.ec != std::errc() || value < 0 || value > 100000 || factor == 0)
    return MakeError(ErrorCode::kInvalid, "--retry-delay {}: write a time as 2s or 500ms", text);
  return value * factor;
}

// Images bear Go's names.
std::string ArchitectureName(const std::string& given) {
  if (given == "x86_64" || given == "x86-64") return "amd64";
  return given == "aarch64" ? "arm64" : given;
}

}  // namespace

void AccessFlags::Declare(Arguments& a) {
  a.Value("--authfile", authfile, "file", "Logins (default: $REGISTRY_AUTH_FILE, else the user's auth.json)");
  a.Value("--cert-dir", cert_dir, "folder", "Certificates, in place of those in certs.d");
  a.Switch("--tls-verify", tls_verify, "Require TLS and check certificates (default: as registries.conf says)");
}

void AccessFlags::DeclareCredentials(Arguments& a) {
  a.Value("--creds", creds, "user:password", "Log in with these, in place of the auth file");
}

void AccessFlags::DeclareRetry(Arguments& a) {
  a.Value("--retry", retries, "number", "Tries after the first, where the network or the registry fails (default 3)");
  a.Value("--retry-delay", retry_delay, "time", "Between tries (default 1s, 2s, 4s)");
}

Result<image::RegistryAccess> AccessFlags::Build() const {
  image::RegistryAccess access;
  if (!creds.empty()) {
    access.auth.given = image::ParseCredentials(creds);
    if (access.auth.given->username.empty() || creds.find(':') == std::string::npos)
      return MakeError(ErrorCode::kInvalid, "--creds: write user:password, or be asked for the password by 'skiff login'");
  }
  access.auth.authfile = authfile;
  access.tls_verify = tls_verify;
  access.cert_dir = cert_dir;
  if (retries) {
    if (*retries < 0 || *retries > 100) return MakeError(ErrorCode::kInvalid, "--retry goes from 0 to 100");
    access.retries = *retries;
  }
  if (!retry_delay.empty()) {
    ASSIGN_OR_RETURN(access.retry_delay_ms, ParseDelay(retry_delay));
  }
  return access;
}

void PlatformFlags::Declare(Arguments& a) {
  a.Value("--platform", platform, "os/arch[/variant]", "Platform of the image (default: this machine's)");
  a.Value("--os", os, "os", "Operating system of the image");
  a.Value("--arch", arch, "arch", "Architecture of the image");
  a.Value("--variant", variant, "variant", "Variant of the architecture");
}

Result<> PlatformFlags::Apply(image::RegistryRequest& request) const {
  request.os = os;
  request.architecture = ArchitectureName(arch);
  request.variant = variant;
  if (platform.empty()) return {};
  if (!os.empty() || !arch.empty()) return MakeError(ErrorCode::kInvalid, "--platform excludes --os and --arch");
  const size_t first = std::min(platform.find('/'), platform.size());
  const size_t second = std::min(platform.find('/', first + 1), platform.size());
  request.os = platform.substr(0, first);
  if (first < platform.size()) request.architecture = ArchitectureName(platform.substr(first + 1, second - first - 1));
  if (second < platform.size()) request.variant = platform.substr(second + 1);
  if (request.os.empty() || (first < platform.size() && request.architecture.empty()) || request.variant.find('/') != std::string::npos)
    return MakeError(ErrorCode::kInvalid, "--platform {}: write os/arch or os/arch/variant, as linux/arm64", platform);
  return {};
}

}  // namespace skiff::cli
