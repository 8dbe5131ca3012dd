// How long this process has been waiting for its device, for a thread that watches over it: work on
// a GPU that needs other ranks never ends if one of them is gone.
#pragma once

namespace engine {

// A wait, as long as it lives. One thread of a process waits at a time.
class DeviceWait {
 public:
  DeviceWait();
  ~DeviceWait();
  DeviceWait(const DeviceWait&) = delete;
  DeviceWait& operator=(const DeviceWait&) = delete;
};

// Seconds of the present wait; 0 if there is none. Any thread may ask.
double seconds_waiting();

}  // namespace engine
