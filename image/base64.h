// Standard base64 with padding (RFC 4648 section 4).
#pragma once

#include <string>
#include <string_view>

namespace skiff::image {

std::string EncodeBase64(std::string_view data);

}  // namespace skiff::image
