// How long this process has been waiting for its device. A watching thread asks for this time,
// because work on a GPU that needs other ranks never ends if one of them is gone.
#pragma once

namespace engine {

// The process waits as long as this object lives. Only one thread waits at a time.
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
