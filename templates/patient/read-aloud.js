// Adds a button that reads a question and its choices aloud, where the device has a voice of its own for the language.
// A voice of a server is never used: the question would leave the device. Without this script nothing is missing.
"use strict";
(() => {
  const words = document.currentScript.dataset;
  const prompt = document.getElementById("prompt");
  const speech = window.speechSynthesis;
  if (!speech || !prompt) return;
  const language = prompt.lang || document.documentElement.lang;
  const base = tag => tag.toLowerCase().split(/[-_]/)[0];
  const voice = () => speech.getVoices().find(each => each.localService && base(each.lang) === base(language));
  const lines = () => [...document.querySelectorAll("#prompt, #hint, .choice span")].map(each => each.textContent.trim());

  const button = document.createElement("button");
  button.type = "button";
  button.className = "listen";
  const show = reading => { button.textContent = reading ? words.stop : words.read; };

  function read() {
    const reading = speech.speaking;
    speech.cancel();
    show(!reading);
    if (reading) return;
    const spoken = lines().map(line => {
      const utterance = new SpeechSynthesisUtterance(line);
      utterance.voice = voice();
      utterance.lang = language;
      utterance.rate = 0.9;
      return utterance;
    });
    spoken[spoken.length - 1].onend = () => show(false);
    spoken.forEach(utterance => speech.speak(utterance));
  }

  function offer() {
    if (button.isConnected || !voice()) return;
    show(false);
    button.addEventListener("click", read);
    prompt.closest("form").before(button);
  }

  offer();
  speech.addEventListener("voiceschanged", offer);
  window.addEventListener("pagehide", () => speech.cancel());
})();
