#include "image/gpg_signature.h"

#include <unistd.h>

#include <sstream>

#include "common/file.h"
#include "common/process.h"
#include "common/unique_fd.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;
using common::UniqueFd;

constexpr int kStatusFd = 3, kFirstKeyFd = 4;
constexpr size_t kPayloadLimit = 1u << 20;

// One good signature and nothing that speaks against it (GnuPG's doc/DETAILS, "status lines").
Result<> CheckStatus(const std::string& status) {
  int good = 0, valid = 0;
  std::string against;
  std::istringstream lines(status);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string mark, word;
    words >> mark >> word;
    if (mark != "[GNUPG:]") continue;
    if (word == "GOODSIG") ++good;
    if (word == "VALIDSIG") ++valid;
    for (const char* bad : {"BADSIG", "ERRSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG", "NODATA", "UNEXPECTED", "FAILURE"})
      if (word == bad) against = line.substr(mark.size() + 1);
  }
  if (against.empty() && good == 1 && valid == 1) return {};
  return MakeError(ErrorCode::kPermission, "a signature is not good for the keys of the policy ({})",
                   against.empty() ? "no valid signature in it" : against);
}

}  // namespace

Result<std::string> VerifyGpgSignature(const std::vector<std::string>& keys, const std::string& message) {
  common::Command command;
  // A home that cannot exist: nothing but these keys counts.
  command.argv = {"gpgv", "--homedir", "/proc/self/fdinfo/none", "--quiet", "--status-fd", std::to_string(kStatusFd), "--output", "-"};
  ASSIGN_OR_RETURN(const UniqueFd status, common::MemoryFile(""));
  command.pass_fds.emplace_back(status.get(), kStatusFd);
  std::vector<UniqueFd> rings;
  for (const auto& key : keys) {
    const int number = kFirstKeyFd + static_cast<int>(rings.size());
    ASSIGN_OR_RETURN(rings.emplace_back(), common::MemoryFile(key));
    command.pass_fds.emplace_back(rings.back().get(), number);
    command.argv.insert(command.argv.end(), {"--keyring", fmt::format("/proc/self/fd/{}", number)});
  }
  command.argv.emplace_back("-");
  command.environment = std::vector<std::string>{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C"};
  auto output = common::Run(std::move(command), message, kPayloadLimit);
  if (!output && output.error().code() == ErrorCode::kNotFound)
    return MakeError(ErrorCode::kUnavailable, "signatures are checked by gpgv, which is not installed (apt-get install gpgv)");
  if (!output) return std::move(output).error();
  if (::lseek(status.get(), 0, SEEK_SET) != 0) return common::ErrnoError("read gpgv's status");
  ASSIGN_OR_RETURN(const std::string lines, common::ReadAll(status.get(), kPayloadLimit));
  TRY(CheckStatus(lines));
  if (!output->status.ok()) return MakeError(ErrorCode::kPermission, "gpgv refuses a signature: {}", output->err);
  return std::move(output->out);
}

}  // namespace skiff::image
