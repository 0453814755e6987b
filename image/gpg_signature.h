// OpenPGP signatures, checked by gpgv: the program that does this and nothing else, without agent, trust database or home.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"

namespace skiff::image {

// What the message says, when it is signed by one of the keys (binary key rings) and by nobody else. kPermission: it is not;
// kUnavailable: gpgv is not installed.
common::Result<std::string> VerifyGpgSignature(const std::vector<std::string>& keys, const std::string& message);

}  // namespace skiff::image
