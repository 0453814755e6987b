// How skiff-transfer hands an error to the program that ran it: one JSON object on standard error.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"

namespace skiff::image {

// What came from outside, as it may be shown on a terminal: control characters escaped, words of more than 200 bytes (an archive's
// names may have a million) and texts of more than 8 KiB shortened.
std::string ReadableText(std::string_view text);

std::string EncodeTransferError(const common::Error& error);
// Text that is not such an object (a crash, a loader's message) becomes the message itself.
common::Error DecodeTransferError(std::string_view text);

}  // namespace skiff::image
