// How skiff-transfer hands an error to the program that ran it: one JSON object on standard error.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"

namespace skiff::image {

std::string EncodeTransferError(const common::Error& error);
// Text that is not such an object (a crash, a loader's message) becomes the message itself.
common::Error DecodeTransferError(std::string_view text);

}  // namespace skiff::image
