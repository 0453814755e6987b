#include "cli/notation/sizes.h"

#include <strings.h>

#include <cctype>
#include <charconv>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

Result<int64_t> ParseBytes(std::string_view text) {
  const auto invalid = [&] {
    return MakeError(ErrorCode::kInvalid,
                     "invalid size \"{}\": write a number and a unit b, k, m, g or t, as in 512m", text);
  };
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return invalid();
  std::string unit(end, text.data() + text.size());
  for (char& c : unit) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (unit.ends_with("ib"))
    unit.resize(unit.size() - 2);
  else if (unit.size() == 2 && unit[1] == 'b')
    unit.pop_back();
  static constexpr std::string_view kUnits = "bkmgt";
  const size_t power = unit.empty() ? 0 : unit.size() == 1 ? kUnits.find(unit[0]) : std::string_view::npos;
  if (power == std::string_view::npos) return invalid();
  const double bytes = std::ldexp(number, static_cast<int>(10 * power));
  if (bytes >= 9.2e18) return invalid();
  return static_cast<int64_t>(bytes);
}

Result<int64_t> ParseCpusToQuota(std::string_view text) {
  double cpus = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cpus);
  if (error != std::errc() || end != text.data() + text.size() || (cpus != 0 && cpus < 0.01) ||
      cpus > 100'000)
    return MakeError(ErrorCode::kInvalid, "invalid number of CPUs \"{}\": write 0.5, 2, ... (at least 0.01)",
                     text);
  return std::llround(cpus * 100'000);
}

Result<int64_t> ParseInteger(std::string_view text, int64_t least, int64_t most) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < least || number > most)
    return MakeError(ErrorCode::kInvalid, "\"{}\" is not a number from {} to {}", text, least, most);
  return number;
}

Result<int> ParseSignal(std::string_view text) {
  if (const auto number = ParseInteger(text, 1, SIGRTMAX)) return static_cast<int>(*number);
  std::string name(text);
  if (::strncasecmp(name.c_str(), "SIG", 3) == 0) name.erase(0, 3);
  for (int signal = 1; signal < SIGRTMIN; ++signal) {
    const char* known = ::sigabbrev_np(signal);
    if (known != nullptr && ::strcasecmp(known, name.c_str()) == 0) return signal;
  }
  if (::strncasecmp(name.c_str(), "RTMIN+", 6) == 0) {
    ASSIGN_OR_RETURN(const int64_t offset,
                     ParseInteger(std::string_view(name).substr(6), 0, SIGRTMAX - SIGRTMIN));
    return SIGRTMIN + static_cast<int>(offset);
  }
  return MakeError(ErrorCode::kInvalid, "invalid signal: {}", text);
}

std::string SignalName(int signal) {
  const char* known = signal < SIGRTMIN ? ::sigabbrev_np(signal) : nullptr;
  if (known != nullptr) return fmt::format("SIG{}", known);
  return fmt::format("{}", signal);
}

}  // namespace skiff::cli
