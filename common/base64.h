// RFC 4648 base64 as Kubernetes reads and writes it: standard alphabet, padded; line breaks are skipped.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace skiff::common {

std::string EncodeBase64(std::string_view data);
// Empty when the text is not base64.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace skiff::common
